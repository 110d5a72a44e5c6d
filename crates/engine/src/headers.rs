use imageset::{DimensionOrder, HeaderChannel, HeaderImage, Headers};
use pixels::codecs::{FileInfo, Series};

/// Returns what an image file's header says, as the planner of image sets asks for it.
pub fn headers(info: &FileInfo) -> Headers {
    Headers { images: info.series.iter().map(image).collect() }
}

fn image(series: &Series) -> HeaderImage {
    let samples = series.rgb_channels.max(1);
    let channels = vec![HeaderChannel { name: None, samples }; (series.size_c / samples).max(1)];
    HeaderImage {
        width: series.width,
        height: series.height,
        depth: series.size_z,
        times: series.size_t,
        channels,
        order: DimensionOrder::Czt,
        lists_planes: false,
    }
}
