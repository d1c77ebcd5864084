"""Draw the README's picture, site/cover.png, from simulated data."""

from pathlib import Path

import matplotlib.pyplot as plt

from medlearn import load, plots


def main() -> None:
    plots.use_style()
    films, stays = load("pneumonia_64"), load("icu")
    figure, axes = plt.subplot_mosaic(
        [["film 0", "film 1", "film 2", "HR"], ["film 3", "film 4", "film 5", "Lactate"]],
        figsize=(9, 3.7),
        width_ratios=[1, 1, 1, 1.9],
    )
    normal, ill = films.train.x[films.train.y == 0], films.train.x[films.train.y == 1]
    for number, (film, name) in enumerate(
        [*((f, "normal") for f in normal[:3]), *((f, "pneumonia") for f in ill[[0, 2, 5]])]
    ):
        ax = axes[f"film {number}"]
        ax.imshow(film, vmin=0, vmax=255)
        ax.set_axis_off()
        ax.set_title(name, fontsize=9)
    records = stays.train.x
    lactate = records.variables.index("Lactate")
    busiest = max(range(len(records)), key=lambda i: (records[[i]].variable == lactate).sum())
    stay = records.frame(busiest)
    for variable, unit in (("HR", "heart rate"), ("Lactate", "lactate")):
        rows = stay[(stay["variable"] == variable) & (stay["value"] > 0)]
        axes[variable].plot(rows["time"], rows["value"], "o-", markersize=3, linewidth=0.8)
        axes[variable].set_title(f"{unit} of one stay, 48 hours", fontsize=9)
        axes[variable].tick_params(labelsize=8)
    plots.mark(figure, data=films)
    figure.savefig(Path(__file__).with_name("cover.png"), dpi=90)


if __name__ == "__main__":
    main()
