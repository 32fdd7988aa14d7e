"""The files of a fixture: "file" is one, or a list of several in the order in which a loader is given them."""
# SPDX-License-Identifier: MIT
import base64


def texts(fixture):
    """Their bytes."""
    file = fixture["file"]
    return [base64.b64decode(text) for text in (file if isinstance(file, list) else [file])]


def write(fixture, path):
    """Writes them to paths that begin with `path`, which come back."""
    paths = []
    for number, text in enumerate(texts(fixture)):
        paths.append(path + str(number))
        with open(paths[-1], "wb") as file:
            file.write(text)
    return paths
