"""Writes colour.tsv: what LittleCMS, through Pillow, makes of colours that are not sRGB.

    python3 -m venv venv && venv/bin/pip install pillow==13.0.0
    venv/bin/python colour.py ../../../../../../shared/photos > colour.tsv

Two kinds of lines:

- `photo`, its path, the name of its profile (`-` without one), and 8 x 8 means of its picture in sRGB, 384 hexadecimal
  digits, row by row: every photo with a profile other than sRGB's, and everything in the folder `colour`;
- `ink`, the path of a photo whose profile is of a printing press, four inks of 255 in hexadecimal, their sRGB; once
  for each press.
"""

import io
import itertools
import sys
from pathlib import Path

from PIL import Image, ImageCms, ImageOps

Image.MAX_IMAGE_PIXELS = 1_000_000_000
SRGB = ImageCms.createProfile("sRGB")


def profile_of(image):
    icc = image.info.get("icc_profile")
    return ImageCms.ImageCmsProfile(io.BytesIO(icc)) if icc else None


def in_srgb(image, profile):
    if profile:
        return ImageCms.profileToProfile(image, profile, SRGB, outputMode="RGB")
    return image.convert("RGB")


def photo(path):
    with Image.open(path) as image:
        image.load()
        profile = profile_of(image)
        name = ImageCms.getProfileDescription(profile).strip() if profile else "-"
        if image.mode not in ("L", "RGB", "CMYK"):
            return None
        if "colour" not in path.parts and (not profile or "sRGB" in name):
            return None
        means = in_srgb(ImageOps.exif_transpose(image), profile).resize((8, 8), Image.Resampling.BOX)
        return name, means.tobytes().hex()


def inks(path):
    steps = (0, 64, 128, 191, 255)
    with Image.open(path) as image:
        profile = profile_of(image)
        if image.mode != "CMYK" or not profile:
            return
        for ink in itertools.product(steps, repeat=4):
            yield bytes(ink).hex(), in_srgb(Image.new("CMYK", (1, 1), ink), profile).tobytes().hex()


root = Path(sys.argv[1])
presses = set()
for path in sorted(root.rglob("*")):
    if path.suffix.lower() not in (".jpg", ".jpeg", ".png", ".webp"):
        continue
    try:
        found = photo(path)
        if found:
            print("photo", path.relative_to(root), *found, sep="\t")
            if found[0] not in presses:
                presses.add(found[0])
                for ink in inks(path):
                    print("ink", path.relative_to(root), *ink, sep="\t")
    except Exception as error:
        print(path, error, file=sys.stderr)
