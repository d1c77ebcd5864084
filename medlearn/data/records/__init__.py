"""Health records: stays with uneven measurements, the challenge's and one's own."""

from medlearn.lazy import hand_on

__getattr__, __dir__, __all__ = hand_on(
    {
        "PLAUSIBLE": "medlearn.data.records.physionet",
        "UNITS": "medlearn.data.records.physionet",
        "Grid": "medlearn.data.records.records",
        "Records": "medlearn.data.records.records",
        "join": "medlearn.data.records.records",
        "read_csv": "medlearn.data.records.own",
        "read_physionet": "medlearn.data.records.physionet",
        "windows": "medlearn.data.records.records",
    }
)
