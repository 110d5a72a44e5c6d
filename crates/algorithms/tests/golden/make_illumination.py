"""Makes illumination_*.npy: an image, a mask, and the steps of CellProfiler's illumination function of it.

Run with CellProfiler 4.2.8's Python (3.8), in this folder.
"""
import centrosome.bg_compensate
import centrosome.cpmorphology
import numpy as np
import scipy.ndimage
from cellprofiler.modules.correctilluminationcalculate import CorrectIlluminationCalculate
from cellprofiler_core.image import Image

random = np.random.RandomState(11)
height, width = 41, 47
y, x = np.mgrid[0:height, 0:width]
light = 0.3 + 0.2 * np.exp(-((y - 15) ** 2 + (x - 28) ** 2) / 500.0)
cells = np.zeros((height, width))
cells[random.randint(0, height, 12), random.randint(0, width, 12)] = 30
cells = scipy.ndimage.gaussian_filter(cells, 2.5)
image = np.round((light * (0.4 + cells) + random.normal(scale=0.003, size=light.shape)) * 65535)
image = (image.clip(0, 65535) / 65535).astype(np.float32)
mask = (y - 19) ** 2 + (x - 21) ** 2 < 21 ** 2
np.save("illumination_image.npy", image)
np.save("illumination_mask.npy", mask)
everywhere = np.ones(mask.shape, bool)

module = CorrectIlluminationCalculate()


def save(name, step):
    """Saves a step without and with the mask, one under the other, as CellProfiler's Image holds it."""
    both = [Image(step(m)).pixel_data for m in (everywhere, mask)]
    np.save("illumination_%s.npy" % name, np.vstack(both))


def dilated(m):
    return module.apply_dilation(Image(image, mask=m)).pixel_data


def background(m):
    module.intensity_choice.value = "Background"
    masked = Image(image.copy(), mask=m) if m is mask else Image(image.copy())
    return module.preprocess_image_for_averaging(masked).pixel_data


def scaled(m):
    masked = Image(image, mask=m) if m is mask else Image(image)
    return module.apply_scaling(masked).pixel_data


module.block_size.value = 11
save("background", background)
module.dilate_objects.value = True
module.object_dilation_radius.value = 2
save("dilated", dilated)
for option in ("Yes", "Median"):
    module.rescale_option.value = option
    save("scaled_%s" % option.lower(), scaled)

module.automatic_object_width.value = "Manually"
module.size_of_smoothing_filter.value = 12
for method in ("Fit Polynomial", "Median Filter", "Gaussian Filter", "Smooth to Average", "Convex Hull", "Splines"):
    module.smoothing_method.value = method
    save(method.lower().replace(" ", "_"), lambda m: module.smooth_plane(image.copy(), m))

module.automatic_splines.value = False
for mode in ("auto", "dark", "bright", "gray"):
    module.spline_bg_mode.value = mode
    module.spline_points.value = 6
    module.spline_threshold.value = 1.5
    module.spline_rescale.value = 1.5
    module.spline_maximum_iterations.value = 9
    module.spline_convergence.value = 0.0005
    save("splines_%s" % mode, lambda m: module.smooth_plane(image.copy(), m))
