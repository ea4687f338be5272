"""Images as batches: files of all kinds, sizes, channels; what is no image is refused by name and row."""

import io
import json

import numpy as np
import pytest
import torch

import headstart as hs
from headstart.neural.inputs import ImageReader, reader_from_plain

Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed: pip install 'headstart[vision]'")

PLAIN = {"mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)}


def pixels(reader, X):
    """What a reader that scales nothing sees, in 8 bits and with the channels last."""
    batch = reader.read(X).batch(range(len(X)))
    return (batch * 255).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()


def colour(size, channels=3):
    return ImageReader(size, channels, (0.0,) * channels, (1.0,) * channels)


def photo(rng, height=12, width=9, channels=3):
    return rng.integers(0, 256, size=(height, width, channels), dtype=np.uint8)


# sizes, channels and scale are learnt


def test_own_networks_learn_size_channels_and_scale(rng):
    X, Xs = rng.integers(0, 256, (20, 6, 5), dtype=np.uint8), rng.integers(0, 99, (30, 6, 5), dtype=np.uint8)
    reader = ImageReader().fit(X, source_blocks=[Xs])
    both = np.concatenate([X, Xs]) / 255
    assert reader.shape == (1, 6, 5) and reader.is_fitted and not ImageReader().is_fitted
    np.testing.assert_allclose([reader.mean[0], reader.std[0]], [both.mean(), both.std()], atol=1e-9)
    found = reader.read(X).batch([3, 1])
    np.testing.assert_allclose(found[:, 0], ((X / 255 - both.mean()) / both.std())[[3, 1]], atol=1e-5)
    one_by_one = reader.read(list(X)).batch([3, 1])
    assert torch.equal(found, one_by_one) and found.dtype == torch.float32


def test_sizes_that_differ_become_their_median(rng):
    X = [photo(rng, n, 2 * n) for n in (4, 6, 20)]
    assert ImageReader().fit(X).shape == (3, 6, 12)
    assert ImageReader().fit([photo(rng, 300, 400)]).shape == (3, 256, 256)
    assert ImageReader().fit([photo(rng, 4, 4, 2), photo(rng, 4, 4, 1)]).shape == (1, 4, 4)
    assert ImageReader().fit([photo(rng, 4, 4, 1), photo(rng, 4, 4, 4)]).shape == (3, 4, 4)
    assert ImageReader().fit(photo(rng, 4, 4, 7)[None]).shape == (7, 4, 4)
    constant = ImageReader().fit(np.full((2, 4, 4), 9, dtype=np.uint8))
    assert constant.std == (1.0,) and constant.read(np.full((2, 4, 4), 9, dtype=np.uint8)).batch([0]).abs().max() < 1e-6


def test_sources_of_another_size_and_channels_come_to_the_target(rng):
    reader = ImageReader().fit(
        np.zeros((3, 8, 8), np.uint8), source_blocks=[rng.integers(0, 256, (4, 5, 5, 3), np.uint8)]
    )
    assert reader.read(rng.integers(0, 256, (4, 5, 5, 3), np.uint8)).batch([0, 3]).shape == (2, 1, 8, 8)


def test_numbers_are_read_on_the_scale_of_training(rng):
    eight = rng.integers(0, 256, (6, 7, 7, 3), dtype=np.uint8)
    for X in (
        eight,
        eight / 255,
        eight.astype(float),
        eight.astype(int),
        np.moveaxis(eight, 3, 1),
        torch.from_numpy(eight),
    ):
        np.testing.assert_array_equal(pixels(colour(7).fit(X), X), eight)
    one = colour(4, 1)
    assert pixels(one, np.ones((1, 4, 4), dtype=bool)).min() == 255
    assert one.read(np.full((1, 4, 4), 257, dtype=np.uint16)).batch([0]).max() == pytest.approx(257 / 65535)
    # a dark batch means the same as in training, where white was 255
    dark = np.full((1, 4, 4), 0.9)
    with pytest.warns(hs.HeadstartWarning, match="floats up to 0.9, and in those of training 255 is white"):
        assert one.fit(np.full((1, 4, 4), 200.0)).read(dark).batch([0]).max() == pytest.approx(0.9 / 255)
    with pytest.raises(
        hs.InputError, match="row 0: its values go from 200 to 200; expected 0 to 1: images are not to be"
    ):
        one.fit(dark).read(np.full((1, 4, 4), 200.0))
    with pytest.raises(hs.InputError, match="its values go from -1 to -1; expected 0 to 1"):
        one.fit(np.full((1, 4, 4), -1.0))


# files and PIL images


def save(image, path, **how):
    image.save(path, **how)
    return str(path)


def test_files_of_all_kinds(tmp_path, rng):
    rgb = photo(rng)
    grey = rgb[:, :, 0]
    red = np.where(grey[:, :, None] > 99, [255, 0, 0], [0, 0, 255]).astype(np.uint8)
    luma = np.asarray(Image.fromarray(rgb).convert("L"))
    white = np.rint(rgb * 0.4 + 255 * 0.6)  # alpha 102 of 255
    alpha = np.dstack([rgb, np.full(rgb.shape[:2], 102, np.uint8)])
    palette = Image.fromarray(red).quantize(4)
    clear = palette.copy()
    clear.info["transparency"] = clear.getpixel((0, 0))
    cases = {
        "rgb": (Image.fromarray(rgb), rgb),
        "grey": (Image.fromarray(grey), np.dstack([grey] * 3)),
        "alpha": (Image.fromarray(alpha), white),
        "grey_alpha": (Image.fromarray(alpha).convert("LA"), np.dstack([np.rint(luma * 0.4 + 153)] * 3)),
        "palette": (palette, red),
        "clear": (clear, np.where((red == red[0, 0]).all(axis=2, keepdims=True), 255, red)),
        "bits": (Image.fromarray(grey > 99), np.dstack([(grey > 99) * 255] * 3)),
    }
    for name, (image, expected) in cases.items():
        path = save(image, tmp_path / f"{name}.png")
        for X in ([path], [image]):
            np.testing.assert_allclose(pixels(colour((12, 9)), X)[0], expected, atol=1, err_msg=name)
    np.testing.assert_allclose(
        pixels(colour((12, 9), 1), [save(cases["rgb"][0], tmp_path / "x.bmp")])[0, :, :, 0], luma, atol=1
    )
    cmyk = Image.fromarray(rgb).convert("CMYK")
    np.testing.assert_array_equal(pixels(colour((12, 9)), [cmyk])[0], np.asarray(cmyk.convert("RGB")))


def test_sixteen_bits_keep_their_gradations(tmp_path):
    values = (np.arange(48, dtype=np.uint16) + 30000).reshape(6, 8)
    path = save(Image.fromarray(values), tmp_path / "deep.png")
    for X in ([path], [Image.fromarray(values)], values[None]):
        found = colour((6, 8), 1).read(X).batch([0])[0, 0]
        np.testing.assert_allclose(found, values / 65535, atol=1e-7)
        assert len(found.unique()) == 48
    found = colour((12, 16), 1).read([path]).batch([0])
    assert found.min() >= 30000 / 65535 - 1e-6 and len(found.unique()) > 48


def test_images_are_turned_as_their_exif_says(tmp_path, rng):
    rgb = photo(rng, 4, 6)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees, clockwise
    path = save(Image.fromarray(rgb), tmp_path / "turned.png", exif=exif)
    np.testing.assert_array_equal(pixels(colour((6, 4)), [path])[0], np.rot90(rgb, -1))
    assert ImageReader().fit([path]).shape == (3, 6, 4)


# resizing


def test_without_crop_both_sides_are_resized(rng):
    rgb = photo(rng, 30, 50)
    expected = np.asarray(Image.fromarray(rgb).resize((16, 8), Image.Resampling.BILINEAR))
    np.testing.assert_array_equal(pixels(colour((8, 16)), [rgb])[0], expected)
    found = pixels(colour((8, 16)), [rgb / 255.0])[0].astype(int)
    assert np.abs(found - expected).max() <= 1


@pytest.mark.parametrize("shape", [(50, 33), (33, 50), (40, 40), (24, 24), (7, 90), (200, 31)])
@pytest.mark.parametrize(("size", "crop"), [(24, 0.875), ((24, 24), 0.9), (24, 1.0), ((24, 30), 0.875)])
def test_crop_is_that_of_timm(rng, shape, size, crop):
    timm_data = pytest.importorskip("timm.data")
    rgb = photo(rng, *shape)
    sides = (size, size) if isinstance(size, int) else size
    transform = timm_data.create_transform(
        (3, *sides),
        is_training=False,
        crop_pct=crop,
        interpolation="bicubic",
        mean=(0.4, 0.5, 0.6),
        std=(0.2, 0.3, 0.1),
    )
    reader = ImageReader(size, 3, (0.4, 0.5, 0.6), (0.2, 0.3, 0.1), "bicubic", crop_pct=crop)
    found = reader.read([rgb]).batch([0])[0]
    torch.testing.assert_close(found, transform(Image.fromarray(rgb)), atol=1e-5, rtol=1e-5)


def test_crop_keeps_the_shape(rng):
    rgb = photo(rng, 100, 50)
    reader = ImageReader(24, 3, **PLAIN, interpolation="bicubic", crop_pct=0.75)
    resized = np.asarray(Image.fromarray(rgb).resize((32, 64), Image.Resampling.BICUBIC))
    np.testing.assert_array_equal(pixels(reader, [rgb])[0], resized[20:44, 4:28])


def test_grey_is_resized_as_colour_is(rng):
    grey = photo(rng, 40, 30, 1)
    reader = ImageReader(24, 3, **PLAIN, interpolation="bicubic", crop_pct=0.9)
    np.testing.assert_array_equal(pixels(reader, [grey]), pixels(reader, [np.repeat(grey, 3, axis=2)]))


# augmentation


def test_training_images_are_mirrored_and_moved(rng):
    X = rng.integers(0, 256, (40, 16, 16, 3), dtype=np.uint8)
    for how in ("none", "flip", "crop"):
        reader = ImageReader(16, 3, **PLAIN, augment=how)
        rows = reader.read(X)
        plain, index = rows.batch(range(40)), list(range(40))
        np.testing.assert_array_equal((plain * 255).round().permute(0, 2, 3, 1), X)  # not to predict
        before = torch.random.get_rng_state()
        found = rows.batch(index, generator=torch.Generator().manual_seed(0))
        assert torch.equal(found, rows.batch(index, generator=torch.Generator().manual_seed(0)))
        assert torch.equal(torch.random.get_rng_state(), before)
        mirrored, moved = 0, 0
        for image, original in zip(found, plain, strict=True):
            shifts = [(a, b) for a in range(-2, 3) for b in range(-2, 3)] if how == "crop" else [(0, 0)]
            fits = [
                (flip, shift)
                for flip in (False, True)
                for shift in shifts
                if torch.equal(image, _moved(original.flip(2) if flip else original, *shift))
            ]
            assert len(fits) == 1, how
            mirrored, moved = mirrored + fits[0][0], moved + (fits[0][1] != (0, 0))
        assert (mirrored > 0) == (how != "none") and mirrored < 35 and (moved > 20) == (how == "crop")


def _moved(image, down, right):
    """Moved, with the border repeated: cut from a larger image."""
    wide = np.pad(image.numpy(), ((0, 0), (2, 2), (2, 2)), mode="edge")
    return torch.from_numpy(wide[:, 2 + down : 18 + down, 2 - right : 18 - right])


# many images, bad images


def test_images_that_do_not_fit_are_decoded_for_each_batch(tmp_path, rng):
    paths = [save(Image.fromarray(photo(rng)), tmp_path / f"{k}.png") for k in range(6)]
    small = ImageReader(8, 3, **PLAIN, in_memory=100)
    whole, rows = ImageReader(8, 3, **PLAIN).read(paths), small.read(paths)
    assert whole.in_memory and not rows.in_memory
    assert torch.equal(rows.take([5, 2]).batch([1, 0]), whole.batch([2, 5]))
    (tmp_path / "2.png").write_bytes((tmp_path / "2.png").read_bytes()[:80])
    with pytest.raises(hs.InputError, match=r"1 of 2 images of X cannot be read: row 2 '.*2.png'"):
        rows.batch([1, 2])
    with pytest.raises(
        hs.InputError, match=r"1 of 2 images of new cannot be read: row 1 'gone.png': there is no such file"
    ):
        small.read([paths[0], "gone.png"], what="new")


def test_all_bad_files_are_counted_and_named(tmp_path, rng):
    good = save(Image.fromarray(photo(rng, 40, 40)), tmp_path / "good.jpg")
    content = (tmp_path / "good.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(content[: len(content) // 2])
    (tmp_path / "text.png").write_text("no image")
    (tmp_path / "empty.png").write_bytes(b"")
    bad = [str(tmp_path / name) for name in ("cut.jpg", "text.png", "empty.png", "gone.png")]
    with pytest.raises(hs.InputError) as caught:
        colour(8).read([good, *bad, good, str(tmp_path)])
    message = str(caught.value)
    assert message.startswith("5 of 7 images of X cannot be read: row 1 '")
    assert "cut.jpg': image file is truncated" in message
    assert "row 2" in message and "text.png': it is no image, or of a format" in message
    assert "row 3" in message and message.endswith("and 2 more. Mend or drop those rows")
    with pytest.raises(hs.InputError, match="row 0 '.*': it is a folder; expected a file"):
        colour(8).read([str(tmp_path)])


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (
            [np.zeros((4, 4)), np.full((4, 4), np.nan)],
            hs.InputError,
            "1 of 2 images of X .* row 1: it holds NaN or infinity",
        ),
        (np.full((2, 4, 4), np.inf), hs.InputError, "2 of 2 images of X .* row 0: it holds NaN or infinity"),
        ([np.zeros((4, 4, 5), np.uint8)], hs.InputError, "row 0: it has 5 channels; expected 3, or one of 1"),
        (
            np.zeros((2, 4, 4, 5), np.uint8),
            hs.InputError,
            "row 0: it has 5 channels; expected 3.*height, width, channels",
        ),
        ([np.zeros((4, 4)), 5], hs.InputTypeError, "X holds int at row 1; expected images: file names, PIL images, or"),
        ([np.zeros((2, 4, 4, 3))], hs.InputError, r"row 0: it has shape \(2, 4, 4, 3\); expected an image"),
        ([np.empty((4, 4), dtype=object)], hs.InputError, "row 0: its values are of type object; expected numbers"),
        (np.empty((4, 4, 4), dtype=object), hs.InputError, r"shape \(4, 4, 4\) and type object; expected images"),
        (np.zeros((0, 4, 4)), hs.InputError, "X has no rows; expected at least one image"),
        (["a", 3], hs.InputTypeError, "X holds int at row 1"),
    ],
)
def test_what_are_no_images_is_refused(X, error, message):
    with pytest.raises(error, match=message):
        colour(4).read(X)


def test_deep_images_out_of_range_are_refused():
    deep = Image.fromarray(np.full((4, 4), 70000, dtype=np.int32))
    with pytest.raises(
        hs.InputError, match="row 0: its values go from 70000 to 70000; expected 0 to 65535 in a I image"
    ):
        colour(4).read([deep])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"augment": "spin"}, "augment is 'spin'; expected one of none, flip, crop"),
        ({"interpolation": "cubic"}, "interpolation is 'cubic'; expected one of nearest, bilinear, bicubic"),
        ({"crop_pct": 1.5}, "crop_pct is 1.5; expected a share of the image, above 0 and at most 1"),
        ({"channels": 1, **PLAIN}, "mean has 3 entries and channels is 1; expected as many"),
    ],
)
def test_settings_are_checked(settings, message):
    with pytest.raises(hs.InputError, match=message):
        ImageReader(**settings)
    with pytest.raises(hs.InputError, match=r"not fitted; expected reader.fit\(X\)"):
        ImageReader().read(np.zeros((1, 4, 4), np.uint8))


def test_readers_of_images_come_back(rng):
    fitted = ImageReader(augment="flip").fit(rng.integers(0, 256, (5, 6, 4, 3), dtype=np.uint8) / 255)
    for reader in (ImageReader(), fitted, ImageReader(32, 3, **PLAIN, crop_pct=0.9)):
        plain, arrays = reader.to_plain()
        assert reader_from_plain(json.loads(json.dumps(plain)), arrays) == reader and arrays == {}
    assert fitted.white == 1.0


def test_users_images_stay_open_and_as_they_are(rng):
    file = io.BytesIO()
    Image.fromarray(photo(rng)).save(file, "PNG")
    image = Image.open(file)
    first = pixels(colour(8), [image] * 6)  # read by several threads, which must not open one file at once
    np.testing.assert_array_equal(first, pixels(colour(8), [image] * 6))
    assert image.size == (9, 12) and image.mode == "RGB"
