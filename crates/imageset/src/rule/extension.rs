use super::Extensions;

/// Extensions of image files that Bio-Formats names, less those that CellProfiler takes for something else.
const IMAGES: &str = "1sc 2fl acff afi afm aiix aim aisf al3d ali am amiramesh ano apl arf atsf avi bin bip bmp btf c01 \
ch5 cif companion.ome cr2 crw cxd czi dat dcm df3 dib dic dicom dm2 dm3 dm4 dti dv dv.log env ets exp fake fdf fff ffr \
fits flex fli frm fts gel gif grey hdf hdr hed his htd hx i2i ics ids im3 ima img ims inr ipl ipm ipw j2k j2ki j2kr \
jp2 jpe jpeg jpf jpg jpk jpx l2d labels lei lif liff lim lms lsm lut map mdb mea mnc mng mod mov mrc mrcs mrw msr mtb \
mvd2 naf nd nd2 ndpi ndpis nef nhdr nii nii.gz nrrd obf oib oif oir ome ome.btf ome.tf2 ome.tf8 ome.tif ome.tiff \
ome.xml par pattern pbm pcoraw pct pcx pgm pic pict png pnl ppm pr3 psd pst pty r3d r3d.log r3d_d3d raw rec res scn \
sdt seq set sif sld sm2 sm3 spc spe spi spl st stk stp svs sxm tf2 tf8 tfr tga thm tif tiff tim tnb top v vms vsi vws \
wat wlz xdce xlog xqd xqf xv xys zfp zfr zpo zvi";

impl Extensions {
    /// Returns whether an extension, without its dot and in any case, is of the family.
    pub(super) fn holds(self, extension: &str) -> bool {
        let lower = extension.to_lowercase();
        let one_of = |list: &[&str]| list.contains(&lower.as_str());
        match self {
            // A name that ends with a dot has an empty extension, which Bio-Formats names too.
            Self::Image => lower.is_empty() || IMAGES.split(' ').any(|e| e == lower),
            Self::Tif => one_of(&["tif", "tiff", "ome.tif", "ome.tiff"]),
            Self::Jpeg => one_of(&["jpg", "jpeg"]),
            Self::Png => one_of(&["png"]),
            Self::Flex => one_of(&["flex"]),
            Self::Movie => one_of(&["mov", "avi"]),
        }
    }
}
