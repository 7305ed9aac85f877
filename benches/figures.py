"""What the sections of scripts/bench share: interleaved rounds, and medians with their range."""
import statistics, sys


def interleave(rounds, runs):
    """Runs everything once per round; per name, the list of results."""
    results = {name: [] for name in runs}
    for number in range(rounds):
        for name, measure in runs.items():
            results[name].append(measure())
            print(f"round {number + 1} {name}: {results[name][-1]}", file=sys.stderr, flush=True)
    return results


def spread(values, form="{:,.0f}"):
    """Median, least and most; a run that did not finish is no number, and not among them."""
    known = [value for value in values if value == value]
    if not known:
        return "did not finish"
    middle, least, most = statistics.median(known), min(known), max(known)
    return f"{form.format(middle)} [{form.format(least)}..{form.format(most)}]"


def ratios(results, name, base, key):
    """The spread of one row's figure to another's, each within its round."""
    pairs = zip(results[name], results[base])
    return spread([a[key] / b[key] for a, b in pairs if b[key]], "{:.2f}")
