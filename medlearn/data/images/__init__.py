"""Images: MedMNIST's files, folders by class, single files, slides, and what has masks or boxes."""

from medlearn.lazy import hand_on

__getattr__, __dir__, __all__ = hand_on(
    {
        "draw_films": "medlearn.data.images.simulate.films",
        "draw_hippocampi": "medlearn.data.images.simulate.hippocampus",
        "draw_nuclei": "medlearn.data.images.simulate.nuclei",
        "draw_scans": "medlearn.data.images.simulate.nodules",
        "draw_slides": "medlearn.data.images.simulate.slides",
        "draw_smears": "medlearn.data.images.simulate.smears",
        "fitted": "medlearn.data.images.decathlon",
        "read_bags": "medlearn.data.images.bags",
        "read_boxes": "medlearn.data.images.voc",
        "read_decathlon": "medlearn.data.images.decathlon",
        "read_folder": "medlearn.data.images.folder",
        "read_image": "medlearn.data.images.decoding",
        "read_medmnist": "medlearn.data.images.medmnist",
        "read_nuclei": "medlearn.data.images.nuclei",
        "repeated_images": "medlearn.data.images.checks",
    }
)
