"""Numbers as people say them: "3.4 times", "10⁻⁸", never "343.1 %" or "1.23e-08".

Sizes come in as natural logarithms, since many of them lie outside float64.
"""

import math

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
LN10 = math.log(10.0)
PLAIN = (0.001, 10_000.0)  # between them a number is written out, outside as a power of ten
ROUNDING = 1e-9  # a size this little below one of these bounds has reached it
SHORT = 0.01  # a size below it is told to one digit: its zeros take the room of the second


def superscript(n: int) -> str:
    """The digits of n raised: −8 is "⁻⁸"."""
    return str(n).translate(SUPERSCRIPTS)


def ten_to(n: int) -> str:
    """A power of ten: "10⁻⁸"; 1 and 10 as themselves."""
    return {0: "1", 1: "10"}.get(n, "10" + superscript(n))


def written_out(x: float, digits: int) -> str:
    """x to so many significant digits, no exponent, thousands separated: "3,330", "0.021"."""
    if x == 0:
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(x))))
    text = f"{round(x, digits - 1 - math.floor(math.log10(abs(x)))):,.{decimals}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "−")


def number(x: float, digits: int = 3) -> str:
    """x to `digits` significant digits: "0.021", "3,330", "3.4 × 10⁻⁸", "10⁴", "∞"."""
    if math.isnan(x):
        return "not a number"
    if math.isinf(x):
        return "∞" if x > 0 else "−∞"
    if x == 0 or PLAIN[0] <= abs(x) < PLAIN[1]:
        return written_out(x, digits)
    exponent = math.floor(math.log10(abs(x)))
    lifted = x * 1e300 if exponent < -300 else x  # 10^exponent itself may not be a float64
    mantissa = written_out(lifted / 10.0 ** (exponent + (300 if exponent < -300 else 0)), digits)
    if mantissa.lstrip("−") == "10":  # rounding reached the next power
        exponent, mantissa = exponent + 1, mantissa.replace("10", "1")
    one = mantissa.lstrip("−") == "1"
    return mantissa.replace("1", ten_to(exponent)) if one else f"{mantissa} × {ten_to(exponent)}"


def power(ln: float) -> str:
    """The size e^ln: "3.4", "0.021", "0.005", and beyond PLAIN the nearest power of ten; −inf is "0"."""
    if math.isinf(ln):
        return "0" if ln < 0 else "∞"
    near = ln + ROUNDING
    if math.log(PLAIN[0]) <= near < math.log(PLAIN[1]):
        return written_out(math.exp(ln), 2 if near >= math.log(SHORT) else 1)
    return ten_to(round(near / LN10))


def times(ln: float) -> str:
    """A change of size e^ln in words: "3.4 times", "10⁻⁸ of its size", "nothing"."""
    if ln == -math.inf:
        return "nothing"
    return f"{power(ln)} times" if ln >= 0 else f"{power(ln)} of its size"


def percent(share: float) -> str:
    """A share of 0 to 1 as a percentage: "37 %", "under 1 %", "over 99 %"."""
    if 0 < share < 0.01:
        return "under 1 %"
    if 0.99 < share < 1:
        return "over 99 %"
    return f"{share:.0%}".replace("%", " %")


def steps(count: int) -> str:
    """ "1 step", "14 steps". """
    return "1 step" if count == 1 else f"{count:,} steps"
