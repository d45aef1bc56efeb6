"""Writes what was measured as Markdown, and the ratios as an SVG chart."""
import html

BAR = 18
WIDTH, LEFT, RIGHT = 900, 330, 90
COLORS = {"right": "#2f6fb2", "wrong": "#c0504d", "open": "#8a8a8a"}


def mark(answer):
    right, text = answer
    word = {True: "right", False: "**wrong**", None: ""}[right]
    return ", ".join(part for part in (word, text) if part)


def table(figure):
    lines = [f"\n## {figure.title}\n", figure.note + "\n",
             "| | CPU s | spread | ratio | wall s | RSS MB | answer |", "|---|---|---|---|---|---|---|"]
    for contender in figure.contenders:
        if not contender.costs:
            lines.append(f"| {contender.name} | – | – | – | – | – | {mark(contender.answer)} |")
            continue
        low, high = contender.spread("cpu")
        lines.append(
            f"| {contender.name} | {contender.median('cpu'):.3g} | {low:.3g}–{high:.3g} | {figure.ratio(contender):.2f} | "
            f"{contender.median('wall'):.3g} | {contender.median('rss'):.0f} | {mark(contender.answer)} |")
    return lines


def goals(figures):
    rows = []
    for figure in figures:
        if figure.goal and figure.contenders[0].costs:
            text, judge = figure.goal
            met, measured = judge(figure)
            rows.append(f"| {figure.title} | {text} | {measured} | {'yes' if met else '**no**'} |")
    return ["\n## Goals\n", "| | goal | measured | met |", "|---|---|---|---|", *rows] if rows else []


def growth(tables):
    lines = []
    for title, note, unit, rows in tables:
        lines += [f"\n## {title}\n", note + "\n", f"| {unit} | | CPU s | CPU ms per unit | wall s | RSS MB |", "|---|---|---|---|---|---|"]
        for size, count, name, cost in rows:
            cells = "failed | | |" if cost is None else (
                f"{cost['cpu']:.2f} | {1000 * cost['cpu'] / count:.2f} | {cost['wall']:.2f} | {cost['rss']:.0f} |")
            lines.append(f"| {size} | {name} | {cells}")
    return lines


def chart(figures):
    """Bars of longtake's CPU time to each peer's: shorter than the line at 1 is cheaper."""
    rows = []
    for figure in figures:
        peers = [peer for peer in figure.measured[1:]]
        if figure.contenders[0].costs and peers:
            rows.append((figure.title, None, None))
            rows += [(peer.name, figure.ratio(peer), peer.answer[0]) for peer in peers]
    most = 2.0
    scale = (WIDTH - LEFT - RIGHT) / most
    height = 50 + len(rows) * (BAR + 6) + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        '<text x="10" y="20" font-size="14" font-weight="bold">CPU time of longtake relative to each tool, same run</text>',
        f'<text x="10" y="38" fill="#555555">shorter is better; blue: the tool\'s answer is right, red: wrong, grey: not comparable</text>',
    ]
    top = 50
    for name, ratio, right in rows:
        label = html.escape(name.replace("`", ""))
        if ratio is None:
            parts.append(f'<text x="10" y="{top + 14}" font-weight="bold">{label}</text>')
        else:
            color = COLORS[{True: "right", False: "wrong", None: "open"}[right]]
            length = min(ratio, most) * scale
            parts.append(f'<text x="{LEFT - 8}" y="{top + 14}" text-anchor="end">{label[:52]}</text>')
            parts.append(f'<rect x="{LEFT}" y="{top}" width="{length:.1f}" height="{BAR}" fill="{color}"/>')
            parts.append(f'<text x="{LEFT + length + 6:.1f}" y="{top + 14}">{ratio:.2f}{"" if ratio <= most else " →"}</text>')
        top += BAR + 6
    one = LEFT + scale
    parts.append(f'<line x1="{one:.1f}" y1="44" x2="{one:.1f}" y2="{top}" stroke="#222222" stroke-dasharray="4 3"/>')
    return "\n".join(parts + ["</svg>", ""])


def document(figures, tables, machine, command, chart_name):
    lines = [
        "# Results", "",
        f"Written by `{command}`. {machine}", "",
        "Every round runs all contenders once, one after another. Times are medians with the smallest and the largest; the ratio "
        "is the median over the rounds of longtake's CPU time to the tool's: below 1, longtake is cheaper. CPU time is user and "
        "system time of the command and its children. *Answer* says whether what the tool delivered is right, "
        "against a full decode by ffmpeg.", "", f"![CPU time of longtake relative to each tool]({chart_name})"]
    lines += goals(figures)
    for figure in figures:
        lines += table(figure)
    return "\n".join(lines + growth(tables)) + "\n"
