"""Writes photos.tsv: what Pillow and djpeg say of every file under a folder of photos.

    python3 -m venv venv && venv/bin/pip install pillow==13.0.0
    venv/bin/python make.py ../../../../../../shared/photos > photos.tsv

Columns: path; Pillow's width and height as looked at, or `fails`; djpeg's verdict (`clean`, `warns`, `fails`, or `-` for
what is no JPEG); and, where Pillow decodes, 4 x 4 means of its picture in sRGB over white, 96 hexadecimal digits,
row by row. djpeg is that of libjpeg-turbo.
"""

import io
import subprocess
import sys
from pathlib import Path

from PIL import Image, ImageCms, ImageOps

Image.MAX_IMAGE_PIXELS = 1_000_000_000
SRGB = ImageCms.createProfile("sRGB")


def pillow(path):
    with Image.open(path) as image:
        image.load()
        icc = image.info.get("icc_profile")
        image = ImageOps.exif_transpose(image)
        size = image.size
        if image.mode in ("P", "PA", "LA") or "transparency" in image.info:
            image = image.convert("RGBA")
        if image.mode == "RGBA":
            white = Image.new("RGBA", image.size, "white")
            image = Image.alpha_composite(white, image).convert("RGB")
        if image.mode.startswith("I;16") or image.mode == "I":
            image = image.point(lambda sample: sample / 256).convert("L")
        if icc:
            try:
                profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
                image = ImageCms.profileToProfile(image, profile, SRGB, outputMode="RGB")
            except ImageCms.PyCMSError:
                pass
        image = image.convert("RGB")
        small = image.resize((4, 4), Image.Resampling.BOX)
        return f"{size[0]}x{size[1]}", small.tobytes().hex()


def djpeg(path):
    if path.read_bytes()[:2] != b"\xff\xd8":
        return "-"
    done = subprocess.run(["djpeg", "-outfile", "/dev/null", str(path)], capture_output=True)
    if done.returncode == 0 and not done.stderr:
        return "clean"
    return "warns" if done.returncode in (0, 2) else "fails"


root = Path(sys.argv[1])
for path in sorted(root.rglob("*")):
    if path.is_file() and path != root / "README.md":
        try:
            size, means = pillow(path)
        except Exception:
            size, means = "fails", ""
        print(path.relative_to(root), size, djpeg(path), means, sep="\t")
