"""The rules of the house as functions: source text in, the list of what breaks the rule out."""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

# layer -> the packages it may import beside the standard library, and the layers it may import from
LAYERS = {
    "engine": ({"numpy"}, {"engine"}),
    "reports": ({"numpy"}, {"engine", "reports"}),
    "figures": ({"numpy", "plotly"}, {"engine", "reports", "figures"}),
    "ui": ({"streamlit", "pandas"}, {"engine", "reports", "figures", "ui"}),
    "pages": ({"streamlit"}, {"engine", "reports", "figures", "ui"}),
}
SUB_PACKAGES = {"reports", "figures", "ui"}  # of explorer; whatever lies beside them is the engine
SERVER = {"ui": {"starlette"}}  # the server that Streamlit runs on, for addresses of our own
LAZY = {"ui": {"pandas"}}  # slow to import, and needed for tables only
STANDARD_LIBRARY = {"pages": {"__future__"}}  # a page that needs more of it is computing something

Import = ast.Import | ast.ImportFrom
Function = ast.FunctionDef | ast.AsyncFunctionDef
Named = Function | ast.ClassDef


# Imports


def layer_of(module: str) -> str:
    """The layer of a module of ours: "explorer.ui.page" is in "ui", "explorer.cells" in "engine"."""
    sub_package = [*module.split("."), ""][1]
    return sub_package if sub_package in SUB_PACKAGES else "engine"


def names_in(statement: Import) -> list[str]:
    """Full names that one statement imports; with a leading dot where it is relative."""
    if isinstance(statement, ast.Import):
        return [alias.name for alias in statement.names]
    origin = "." * statement.level + (statement.module or "")
    return [f"{origin}.{alias.name}" for alias in statement.names]


def imports(tree: ast.AST) -> Iterator[tuple[Import, str]]:
    """(statement, full name) of every import, wherever in the tree it stands."""
    for node in ast.walk(tree):
        if isinstance(node, Import):
            yield from ((node, name) for name in names_in(node))


def is_allowed(name: str, layer: str) -> bool:
    """Whether a module of this layer may import that name."""
    packages, layers = LAYERS[layer]
    package = name.split(".")[0]
    if package == "explorer":
        return layer_of(name) in layers
    packages = packages | SERVER.get(layer, set())
    return package in packages or package in STANDARD_LIBRARY.get(layer, sys.stdlib_module_names)


def forbidden_imports(source: str, layer: str) -> list[str]:
    """Imports that the layer may not have."""
    found = imports(ast.parse(source))
    return [f"line {node.lineno}: {name}" for node, name in found if not is_allowed(name, layer)]


def top_statements(tree: ast.Module) -> set[ast.AST]:
    """The statements of the module itself, and those under its `if TYPE_CHECKING:`."""
    branches = [node for node in tree.body if isinstance(node, ast.If)]
    typing_only = [node for node in branches if ast.unparse(node.test).endswith("TYPE_CHECKING")]
    return {*tree.body, *(statement for branch in typing_only for statement in branch.body)}


def hidden_imports(source: str, layer: str) -> list[str]:
    """Imports inside a function, a class or a branch, and imports by a call, which no rule could read."""
    tree = ast.parse(source)
    top, lazy = top_statements(tree), LAZY.get(layer, set())
    statements = [(node.lineno, name) for node, name in imports(tree) if node not in top]
    inside = [(line, name) for line, name in statements if name.split(".")[0] not in lazy]
    calls = [(n.lineno, ast.unparse(n.func)) for n in ast.walk(tree) if isinstance(n, ast.Call)]
    by_call = [(line, name) for line, name in calls if name.endswith(("__import__", "import_module"))]
    return [f"line {line}: {name}" for line, name in [*inside, *by_call]]


def module_of(name: str, modules: Mapping[str, str]) -> str:
    """The module that an imported name lives in: the longest leading part that is a module, or ""."""
    while name and name not in modules:
        name = name.rpartition(".")[0]
    return name


def import_cycle(modules: Mapping[str, str]) -> list[str]:
    """The modules along one import cycle among {full name: source}; empty where there is none."""
    graph = {
        here: {module_of(name, modules) for _, name in imports(ast.parse(source))}
        for here, source in modules.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


# Sizes


def lines_of(node: ast.stmt) -> set[int]:
    """Numbers of all lines from the first to the last of a statement."""
    return set(range(node.lineno, (node.end_lineno or node.lineno) + 1))


def docstrings(tree: ast.AST) -> list[ast.Expr]:
    """Statements that are nothing but a string."""
    bare = [node for node in ast.walk(tree) if isinstance(node, ast.Expr)]
    return [n for n in bare if isinstance(n.value, ast.Constant) and isinstance(n.value.value, str)]


def code_lines(source: str) -> set[int]:
    """Numbers of the lines that hold code: not the blank ones, not comments, not docstrings."""
    layout = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    code = [token for token in tokens if token.type not in layout | {tokenize.ENDMARKER}]
    lines = {line for token in code for line in range(token.start[0], token.end[0] + 1)}
    return lines.difference(*map(lines_of, docstrings(ast.parse(source))))


def long_functions(source: str, limit: int) -> list[str]:
    """Functions and methods with more than `limit` lines of code, their signature included."""
    code = code_lines(source)
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, Function)]
    sizes = [(function.name, len(code & lines_of(function))) for function in functions]
    return [f"{name}: {size} lines" for name, size in sizes if size > limit]


# Pages and docstrings


def definitions(source: str) -> list[str]:
    """Lines at which a function, a lambda or a class is defined; a page has none."""
    defined = Named | ast.Lambda
    return [f"line {n.lineno}" for n in ast.walk(ast.parse(source)) if isinstance(n, defined)]


def listed_pages(source: str) -> list[str]:
    """The page files that app.py names, in its order, as often as it names them."""
    constants = [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)]
    strings = [value for value in constants if isinstance(value, str)]
    return [text for text in strings if text.startswith("pages/") and text.endswith(".py")]


def public(body: list[ast.stmt]) -> list[Named]:
    """Functions and classes in the body of a module or class whose name has no leading underscore."""
    return [node for node in body if isinstance(node, Named) and not node.name.startswith("_")]


def methods(source: str) -> list[tuple[str, Named]]:
    """(name of the class, method) for the public methods of the public classes."""
    classes = [node for node in public(ast.parse(source).body) if isinstance(node, ast.ClassDef)]
    return [(owner.name, method) for owner in classes for method in public(owner.body)]


def explained_methods(sources: list[str]) -> set[str]:
    """Names of methods that some class explains: a cell's `step` need not repeat the protocol's words."""
    pairs = [pair for source in sources for pair in methods(source)]
    return {method.name for _, method in pairs if ast.get_docstring(method)}


def undocumented(source: str, explained: set[str]) -> list[str]:
    """Public names without a docstring, the `explained` methods excepted."""
    tree = ast.parse(source)
    module = [] if ast.get_docstring(tree) else ["the module"]
    names = [node.name for node in public(tree.body) if not ast.get_docstring(node)]
    bare = [(owner, method.name) for owner, method in methods(source) if not ast.get_docstring(method)]
    return [*module, *names, *(f"{owner}.{name}" for owner, name in bare if name not in explained)]


# Traces of the machine the files were written on, put so that this file holds none itself
TRACES = [
    r"(?<![\w.~-])/(?:home|opt|root|tmp|work)\b",
    r"\b[A-Z]:\\Users\b",
    r"\b(?:pypi|pythonhosted|download\.pytorch|registry\.npmjs|conda\.anaconda)\.\w",
    r"\bindex[-_]url\b",
    r"\bissue #?\d",
]


def traces(text: str) -> list[str]:
    """Paths of one machine, hosts of package registries and numbers of issues in any text."""
    return [found.group() for pattern in TRACES for found in re.finditer(pattern, text, re.IGNORECASE)]
