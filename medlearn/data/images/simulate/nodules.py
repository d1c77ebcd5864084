"""Simulated chest CT with nodules: a block of twelve slices through one lung, in Hounsfield units.

Drawn from formulas, out of nobody's chest. A slice is about 160 mm across: one lung with the chest wall, ribs
and spine around it and the mediastinum beside it, seen as radiologists see it, from below. What the lesson
needs is there: vessels that branch, taper and run through the slices, so that in a single slice they look
like nodules; nodules of 4 to 20 mm, most of them small, some of them pale, at a vessel or at the chest wall;
and two scanners, one smooth with thin slices, the other sharp and grainy with thick ones.

Not realistic: the heart and what else lies in the mediastinum, lobes, emphysema, scars, calcium, breath and
heartbeat, streaks beside bone, and how often nodules occur or are cancer. Where a nodule is, is known to the
millimetre; of real ones four radiologists say different things. No result on these scans says anything about
lungs.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from medlearn.data.images.simulate.drawing import bump, step
from medlearn.data.ragged import Ragged

SLICES, PIXELS = 12, 96
AIR, LUNG, FAT, PALE, SOFT = -1000, -860, -100, -300, 45  # Hounsfield units
DIAMETERS = (4.0, 20.0)  # mm
NUMBERS = (0.60, 0.27, 0.13)  # of the ill have one, two, three nodules
HILUM = (84.0, 116.0)  # mm down and across: where the vessels enter the lung
GENERATIONS = 9  # of branches
POINTS = 10  # a voxel, from which a vessel is drawn
# By scanner: thickness of a slice from and to, blur of a point in pixels, noise in Hounsfield units.
SCANNERS = ((2.5, 3.5, 0.75, 16.0), (3.5, 5.0, 0.45, 34.0))


def draw_scans(scans: int, *, seed: int = 0, ill: float = 0.5) -> dict[str, np.ndarray | Ragged]:
    """Scans with the nodules in them: `images` int16 (n, 12, 96, 96), in Hounsfield units, and the truth.

    `nodules` has the columns `place`, (m, 3), the centre in mm from that of the first voxel (through the
    slices, down, across: divided by the scan's `spacing`, a slice, row and column), `diameter` in mm, and
    `solid`. `spacing` (n, 3) is in mm, `scanner` 0 or 1; each scan is another `patient`'s.

    Parameters
    ----------
    scans : how many.
    seed : draws all of it.
    ill : the share of scans with nodules: one to three. The others have none.

    >>> drawn = draw_scans(4)
    >>> drawn["images"].shape, drawn["nodules"]
    ((4, 12, 96, 96), 4 cases, 4 rows of place, diameter, solid)
    """
    images, nodules, spacings, scanners = [], [], [], []
    for scan in range(scans):
        rng = np.random.default_rng((seed, scan, 13))
        scanner = int(rng.random() < 0.5)
        thin, thick, *_ = SCANNERS[scanner]
        pixel = rng.uniform(1.6, 1.75)
        spacing = np.array([rng.uniform(thin, thick), pixel, pixel])
        sick = int((scan + 1) * ill + 1e-9) > int(scan * ill + 1e-9)
        body, outside = _chest(rng, spacing)
        lines = _branches(rng, spacing)
        vessels = _tubes(rng, lines, spacing) * step(-1 - outside, 1.0)
        there = _nodules(rng, outside, lines, spacing) if sick else _NONE
        body += vessels * (SOFT - body)
        for place, diameter, solid in zip(*there.values(), strict=True):
            _put(rng, body, place, diameter, solid, spacing)
        images.append(_scanned(rng, body, scanner))
        nodules.append(there)
        spacings.append(spacing)
        scanners.append(scanner)
    return {
        "images": np.stack(images),
        "nodules": Ragged.of(nodules),
        "spacing": np.array(spacings),
        "scanner": np.array(scanners),
        "patient": np.arange(scans),
    }


_NONE = {"place": np.zeros((0, 3)), "diameter": np.zeros(0), "solid": np.zeros(0, bool)}


def _chest(rng: np.random.Generator, spacing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All but vessels and nodules, and how far outside the lung each voxel lies, in mm: (12, 96, 96)."""
    axis = np.arange(PIXELS, dtype=np.float32) * float(spacing[1])
    down, across = axis[:, None], axis
    level = np.linspace(-1, 1, SLICES, dtype=np.float32)[:, None, None] * float(spacing[0] * SLICES / 60)
    x, y = across - rng.normal(76, 2), down - rng.normal(80, 2)
    far, angle = np.hypot(x, y), np.arctan2(y, x)  # 0 towards the mediastinum, rising to the back
    rim = 1 / np.hypot(np.cos(angle) / rng.normal(55, 2.5), np.sin(angle) / rng.normal(67, 2.5))
    for k in (2, 3, 4, 5):
        rim *= 1 + rng.normal(0, 0.016) * np.cos(k * angle + rng.uniform(0, 6.3))
    dents = bump(angle - 0.05, 0.5) * rng.uniform(0.2, 0.3)  # the hilum
    dents += bump(angle - 0.95, 0.33) * rng.uniform(0.05, 0.14)  # the spine
    heart = bump(angle + 0.5, 0.4) * rng.uniform(0.0, 0.14)
    rim = rim * (1 - dents + rng.normal(0.03, 0.03) * level - heart * (1 + level))
    outside = far - rim
    body = np.full(outside.shape, SOFT, np.float32)
    skin = (1 - np.hypot((across - 185) / 188, (down - 82) / 108)) * 150  # mm under it, about
    lateral = step(abs(angle) - 0.9, 0.2)
    layer = rng.uniform(8, 18) * (1 + 0.25 * np.sin(3 * angle + rng.uniform(0, 6)))
    pockets = ndimage.gaussian_filter(rng.standard_normal((PIXELS, PIXELS), np.float32), 3)
    fat = np.maximum(step(layer - skin, 2.0), 0.9 * step(pockets / pockets.std() - 0.6, 0.6))
    body += fat * (FAT - SOFT)
    body += step(-skin, 1.5) * (AIR - body)
    _ribs(rng, body, outside, angle - rng.uniform(0.12, 0.3) * level, rim, lateral)
    back = body[:, PIXELS // 2 :, PIXELS // 2 :]
    spine = np.hypot((across - rng.normal(150, 2)) / 22, (down - rng.normal(133, 2)) / 19)
    _bone(back, spine[PIXELS // 2 :, PIXELS // 2 :], 160, 300)
    density = LUNG + 0.35 * (down - 80) + rng.normal(0, 12)
    fissure = y + rng.uniform(0.2, 0.7) * x + 25 * level - rng.normal(15, 10)
    density = density + 90 * bump(fissure, 1.1)
    return body + step(-outside, 1.3) * (density - body), outside


def _ribs(rng, body, outside, angle, rim, lateral):
    """Ribs into the wall: evenly apart, each of its own length, thickness and tilt."""
    number = (angle - rng.uniform(0, 0.6)) / 0.6
    rib = np.rint(number).astype(int)
    long, thick, tilt = (
        np.float32(rng.normal(mean, wide, 16))[rib] for mean, wide in ((12, 2.5), (4.0, 0.5), (0, 0.08))
    )
    turned = (number - rib) * 0.6 * rim
    out = np.hypot((outside - 7.5 + tilt * turned) / thick, turned / long) + 9 * (1 - lateral)
    _bone(body, out, 170, 420)


def _bone(body: np.ndarray, out: np.ndarray, inner: float, rim: float) -> None:
    """Bone into `body` where `out` is below 1: marrow and a denser rim."""
    body += step(1 - out, 0.18) * (inner + (rim - inner) * bump(out - 0.85, 0.22) - body)


def _branches(rng: np.random.Generator, spacing: np.ndarray) -> np.ndarray:
    """Vessels as straight pieces that fork, from the hilum outwards: start, end, two radii, in mm: (k, 8)."""
    height = SLICES * spacing[0]
    roots = 8
    start = np.column_stack([np.linspace(-10, height + 10, roots), np.tile(HILUM, (roots, 1))])
    start[:, 1:] += rng.normal(0, 7, (roots, 2))
    towards = np.column_stack([rng.normal(0, 0.3, roots), rng.uniform(-1.5, 1.5, roots), -np.ones(roots)])
    radius, pieces = rng.uniform(2.4, 4.2, roots), []
    for _ in range(GENERATIONS):
        towards /= np.linalg.norm(towards, axis=1, keepdims=True)
        end = start + towards * rng.uniform(7, 17, (len(start), 1))
        thinner = radius * rng.uniform(0.85, 0.97, len(radius))
        pieces.append(np.column_stack([start, end, radius, thinner]))
        start, towards = np.repeat(end, 2, 0), np.repeat(towards, 2, 0)
        radius = np.repeat(thinner, 2) * np.where(np.arange(2 * len(end)) % 2, 0.94, 0.75)
        towards = towards + rng.normal(0, 0.48, towards.shape) * [0.8, 1, 1]
        near = (radius > 0.4) & (abs(start[:, 0] - height / 2) < height / 2 + 12)
        start, towards, radius = start[near], towards[near], radius[near]
    return np.concatenate(pieces)


def _tubes(rng: np.random.Generator, lines: np.ndarray, spacing: np.ndarray) -> np.ndarray:
    """The share of each voxel that lies in a vessel, by points scattered within the vessels."""
    start, end, first, last = lines[:, :3], lines[:, 3:6], lines[:, 6:7], lines[:, 7:]
    length = np.linalg.norm(end - start, axis=1, keepdims=True)
    volume = (length * np.pi * (first + last) ** 2 / 4 / spacing.prod())[:, 0]  # in voxels
    count = np.ceil(volume * POINTS).astype(int) + 4
    which = np.repeat(np.arange(len(lines)), count)
    along, unit = np.float32(end - start)[which], np.float32((end - start) / length)[which]
    part = rng.random((len(which), 1), np.float32)
    across = rng.standard_normal((len(which), 3), np.float32)
    across -= unit * np.einsum("ij,ij->i", across, unit)[:, None]
    radius = np.float32(first)[which] + np.float32(last - first)[which] * part
    radius *= np.sqrt(
        rng.random((len(which), 1), np.float32) / np.einsum("ij,ij->i", across, across)[:, None]
    )
    points = (np.float32(start)[which] + along * part + across * radius) / np.float32(spacing)
    level, corner = np.rint(points[:, 0]).astype(int), np.floor(points[:, 1:]).astype(int)
    inside = (level >= 0) & (level < SLICES) & (corner >= 0).all(1) & (corner < PIXELS - 1).all(1)
    level, corner, points = level[inside], corner[inside], points[inside]
    down, right = (points[:, 1:] - corner).T
    weight = np.float32(volume / count)[which[inside]]
    index = (level * PIXELS + corner[:, 0]) * PIXELS + corner[:, 1]
    share = np.zeros(SLICES * PIXELS**2)
    for step_down, step_right in np.ndindex(2, 2):
        near = weight * abs(1 - step_down - down) * abs(1 - step_right - right)
        share += np.bincount(index + step_down * PIXELS + step_right, near, share.size)
    return np.minimum(share, 1).astype(np.float32).reshape(SLICES, PIXELS, PIXELS)


def _nodules(rng: np.random.Generator, outside: np.ndarray, lines: np.ndarray, spacing: np.ndarray) -> dict:
    """One to three nodules in the lung, some of them at the chest wall or at the end of a piece of vessel."""
    found: list[tuple] = []
    most = np.array(outside.shape) - 2
    for _ in range(1 + rng.choice(len(NUMBERS), p=NUMBERS)):
        diameter = DIAMETERS[0] * (DIAMETERS[1] / DIAMETERS[0]) ** rng.beta(1, 1.4)
        kind = rng.choice(["free", "wall", "vessel"], p=[0.55, 0.2, 0.25])
        for _ in range(4000):
            place = rng.uniform(1, most) * spacing
            if kind == "vessel":
                place = lines[rng.integers(len(lines)), 3:6] + rng.normal(0, 1, 3)
            voxel = np.rint(place / spacing).astype(int)
            if (voxel < 1).any() or (voxel > most).any():
                continue
            depth = -outside[tuple(voxel)] - diameter / 2  # of lung between nodule and wall
            fits = -0.3 * diameter < depth < 0 if kind == "wall" else depth > 3
            apart = (np.linalg.norm(place - other) > 0.6 * (diameter + size) + 5 for other, size, _ in found)
            if fits and all(apart):
                found.append((place, diameter, rng.random() < 0.75))
                break
    return {name: np.array(column) for name, column in zip(_NONE, zip(*found, strict=True), strict=True)}


def _put(
    rng: np.random.Generator,
    body: np.ndarray,
    place: np.ndarray,
    diameter: float,
    solid: bool,
    spacing: np.ndarray,
) -> None:
    """One nodule into `body`: a ball whose surface is uneven; slices are averages over their thickness."""
    low = np.maximum(np.floor((place - 0.75 * diameter) / spacing).astype(int) - 1, 0)
    high = np.minimum(np.ceil((place + 0.75 * diameter) / spacing).astype(int) + 2, body.shape)
    parts = (np.arange(5) - 2) / 5  # of a slice
    levels = (np.arange(low[0], high[0])[:, None] + parts).ravel()
    at = np.meshgrid(levels, np.arange(low[1], high[1]), np.arange(low[2], high[2]), indexing="ij")
    away = np.stack([one * size - middle for one, size, middle in zip(at, spacing, place, strict=True)], -1)
    far = np.linalg.norm(away, axis=-1)
    uneven = np.sin(away / far.clip(0.1)[..., None] @ rng.normal(0, 2.5, (3, 4)) + rng.uniform(0, 6.3, 4))
    inside = step(diameter / 2 * (1 + 0.05 * uneven.sum(-1)) - far, 0.8 if solid else 1.6)
    share = inside.reshape(-1, len(parts), *inside.shape[1:]).mean(1)
    box = tuple(map(slice, low, high))
    body[box] = np.maximum(body[box], body[box] + share * ((SOFT if solid else PALE) - body[box]))


def _scanned(rng: np.random.Generator, body: np.ndarray, scanner: int) -> np.ndarray:
    """What the scanner makes of `body`: its blur, and its noise, grainy or smooth."""
    *_, blur, grain = SCANNERS[scanner]
    noise = rng.standard_normal(body.shape, np.float32)
    noise = ndimage.gaussian_filter(noise, (0, 0.9, 0.9)) if scanner == 0 else noise
    noise *= grain * float(np.exp(rng.normal(0, 0.15))) / noise.std()
    sharp = ndimage.gaussian_filter(body, (0, blur, blur))
    return np.clip(np.rint(sharp + noise), -1024, 1500).astype(np.int16)
