"""The two chains of adult human haemoglobin, as they are in nearly everybody.

Reference sequences, and nobody's in particular: UniProt P69905 and P68871 (CC BY 4.0), without the methionine
that is cut off, so that residues are counted as clinicians count them.
"""

from __future__ import annotations

from typing import NamedTuple


class Haemoglobin(NamedTuple):
    """Two chains.

    Parameters
    ----------
    alpha, beta : their residues.
    simulated : that they are not made up, so that no figure is stamped.
    """

    alpha: str
    beta: str
    simulated: bool = False


HAEMOGLOBIN = Haemoglobin(
    alpha=(
        "VLSPADKTNVKAAWGKVGAHAGEYGAEALERMFLSFPTTKTYFPHFDLSHGSAQVKGHGKKVADALTNAVAHVDDMPNALSALSDLHAHKLRVDPVN"
        "FKLLSHCLLVTLAAHLPAEFTPAVHASLDKFLASVSTVLTSKYR"
    ),
    beta=(
        "VHLTPEEKSAVTALWGKVNVDEVGGEALGRLLVVYPWTQRFFESFGDLSTPDAVMGNPKVKAHGKKVLGAFSDGLAHLDNLKGTFATLSELHCDKLH"
        "VDPENFRLLGNVLVCVLAHHFGKEFTPPVQAAYQKVVAGVANALAHKYH"
    ),
)
