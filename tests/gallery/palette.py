"""Small PNG files: a screenshot of sixteen colours, its palette chosen by how often a colour stands in it."""

import base64
import binascii
import struct
import zlib
from typing import Any, Final

from playwright.async_api import Page

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
SEAL: Final = b"Firebreak-Seal"

COLOURS: Final = 16

REDUCE: Final = """
async ([png, most]) => {
  const bytes = Uint8Array.from(atob(png), (c) => c.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const canvas = new OffscreenCanvas(image.width, image.height);
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(image, 0, 0);
  const data = pen.getImageData(0, 0, image.width, image.height).data;
  const pixels = new Uint32Array(data.length / 4);
  const counts = new Map();
  for (let i = 0; i < pixels.length; i++) {
    const key = (data[4 * i] << 16) | (data[4 * i + 1] << 8) | data[4 * i + 2];
    pixels[i] = key;
    counts.set(key, (counts.get(key) || 0) + 1);
  }
  const often = [...counts].sort((a, b) => b[1] - a[1]).map((pair) => pair[0]);
  const far = (a, b) => {
    const r = (a >> 16) - (b >> 16), g = ((a >> 8) & 255) - ((b >> 8) & 255), u = (a & 255) - (b & 255);
    return 3 * r * r + 5 * g * g + 2 * u * u;
  };
  const palette = often.slice(0, 5);
  const away = often.map((colour) => Math.min(...palette.map((known) => far(known, colour))));
  while (palette.length < Math.min(most, often.length)) {
    let best = 0, score = -1;
    for (let i = 0; i < often.length; i++) {
      const worth = away[i] * Math.sqrt(counts.get(often[i]));
      if (worth > score) [best, score] = [i, worth];
    }
    palette.push(often[best]);
    for (let i = 0; i < often.length; i++) away[i] = Math.min(away[i], far(often[best], often[i]));
  }
  const nearest = new Map();
  for (const colour of often) {
    let best = 0;
    for (let i = 1; i < palette.length; i++) {
      if (far(palette[i], colour) < far(palette[best], colour)) best = i;
    }
    nearest.set(colour, best);
  }
  let indices = "";
  for (let i = 0; i < pixels.length; i++) indices += String.fromCharCode(nearest.get(pixels[i]));
  return { width: image.width, height: image.height, palette, indices: btoa(indices) };
}
"""
"""
The five most frequent colours as they are, then always the one that is farthest from all chosen and seen most: the
shades that smooth grey text, and the few loud colours of signs.
"""


async def reduced(page: Page, png: bytes, seal: str) -> bytes:
    """Return a picture with a palette; ``page`` is any page of the browser, ``seal`` is kept in the file."""
    found: dict[str, Any] = await page.evaluate(REDUCE, [base64.b64encode(png).decode(), COLOURS])
    width, height = found["width"], found["height"]
    indices = base64.b64decode(found["indices"])
    rows = b"".join(b"\x00" + _packed(indices[y * width : (y + 1) * width]) for y in range(height))
    palette = b"".join(struct.pack(">I", colour)[1:] for colour in found["palette"])
    return SIGNATURE + b"".join(
        (
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 4, 3, 0, 0, 0)),
            _chunk(b"tEXt", SEAL + b"\x00" + seal.encode()),
            _chunk(b"PLTE", palette),
            _chunk(b"IDAT", zlib.compress(rows, 9)),
            _chunk(b"IEND", b""),
        )
    )


def sealed(png: bytes) -> str:
    """Return the seal that a picture was made with, or an empty string."""
    start = png.find(SEAL + b"\x00")
    return "" if start < 0 else png[start + len(SEAL) + 1 :][:16].decode("ascii", "replace")


def _packed(row: bytes) -> bytes:
    even = row if len(row) % 2 == 0 else row + b"\x00"
    return bytes(left << 4 | right for left, right in zip(even[::2], even[1::2], strict=True))


def _chunk(kind: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", binascii.crc32(kind + content))
    )
