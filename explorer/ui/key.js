/* The key above a plot, folded where the plot is narrower than it. */

const GAP = "&nbsp;&nbsp;&nbsp;", LETTER = 0.47;  // between names; the width of a letter as a share of its height

const wide = (html) => html.replace(/<[^>]*>/g, "").replace(/&nbsp;/g, " ").length;

const folded = (layout, width) => {
  for (const key of layout.annotations ?? []) {
    if (key.name !== "key") continue;
    const room = (width - layout.margin.l - layout.margin.r) / (LETTER * key.font.size), lines = [];
    for (const name of key.text.split(GAP)) {
      const longer = lines.length ? lines.at(-1) + GAP + name : name;
      if (lines.length && wide(longer) <= room) lines[lines.length - 1] = longer;
      else lines.push(name);
    }
    key.text = lines.join("<br>");
    key.align = "left";
    layout.margin.t += (lines.length - 1) * 1.3 * key.font.size;
  }
};
