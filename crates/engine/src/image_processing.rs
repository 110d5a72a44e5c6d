//! What CellProfiler's `ImageProcessing` modules have in common: one image in, one image of its type out.

use crate::{Declaration, Need, RunError, Workspace};
use algorithms::structuring_element::{Form, StructuringElement};
use cppipe::{Problem, Settings, nearest};
use pixels::{Array, Image, Pixels, Shape};

const INPUT: &str = "Select the input image";
const OUTPUT: &str = "Name the output image";
const ELEMENT: &str = "Structuring element";

/// The image that goes in and the one that comes out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct InOut {
    /// The image's name.
    pub(crate) input: String,
    /// The name of what is made of it.
    pub(crate) output: String,
}

impl InOut {
    /// Reads the first two settings.
    pub(crate) fn read(settings: &mut Settings<'_>) -> Self {
        Self { input: settings.text(INPUT), output: settings.text(OUTPUT) }
    }

    /// Returns what a module with no other need and no measurement declares.
    pub(crate) fn declaration(&self) -> Declaration {
        Declaration {
            needs: vec![Need::image(&self.input, INPUT)],
            images: vec![self.output.clone()],
            ..Declaration::default()
        }
    }

    /// Makes the output image with `function`, of the input image's mask and origin.
    ///
    /// # Errors
    /// Those of the function, or when there is no such image.
    pub(crate) fn run(
        &self,
        workspace: &mut Workspace<'_>,
        function: impl FnOnce(&Image) -> Result<Pixels, RunError>,
    ) -> Result<(), RunError> {
        let image = workspace.image(&self.input)?;
        let made = workspace.derived_image(&image, function(&image)?)?;
        workspace.add_image(&self.output, made);
        Ok(())
    }
}

/// Reads the setting of a structuring element, as `Disk,3`.
pub(crate) fn read_element(settings: &mut Settings<'_>) -> StructuringElement {
    const FORMS: [(&str, Form); 7] = [
        ("ball", Form::Ball),
        ("cube", Form::Cube),
        ("diamond", Form::Diamond),
        ("disk", Form::Disk),
        ("octahedron", Form::Octahedron),
        ("square", Form::Square),
        ("star", Form::Star),
    ];
    let answer = settings.text(ELEMENT);
    let (name, size) = answer.split_once(',').unwrap_or((&answer, ""));
    let name = name.to_lowercase();
    let form = FORMS.iter().find(|(form, _)| *form == name).map(|(_, form)| *form);
    let size = size.trim().parse().ok().filter(|&size: &usize| size > 0);
    match (form, size) {
        (Some(form), Some(size)) => StructuringElement { form, size },
        (form, _) => {
            let near = if form.is_none() { nearest(&name, FORMS.map(|(form, _)| form)) } else { None };
            settings.problem(ELEMENT, format!("`{answer}` is not a form and its size, as `Disk,3`"), near);
            StructuringElement { form: Form::Disk, size: 1 }
        }
    }
}

/// One of the four modules of grey morphology.
#[derive(Debug, PartialEq)]
pub(crate) struct Morphology {
    names: InOut,
    element: StructuringElement,
}

impl Morphology {
    /// Reads the settings.
    ///
    /// # Errors
    /// All that is wrong with them.
    pub(crate) fn read(module: &cppipe::Module) -> Result<Self, Vec<Problem>> {
        let mut settings = Settings::new(module);
        let names = InOut::read(&mut settings);
        let element = read_element(&mut settings);
        settings.finish(Self { names, element })
    }

    /// Returns what the module declares.
    pub(crate) fn declaration(&self) -> Declaration {
        self.names.declaration()
    }

    /// Makes the output image with `operation`.
    ///
    /// # Errors
    /// When the element has more dimensions than the image.
    pub(crate) fn run(&self, workspace: &mut Workspace<'_>, operation: Operation) -> Result<(), RunError> {
        self.names.run(workspace, |image| {
            let shape = image.shape();
            // An element of two dimensions goes along the first axis of all others, be that the rows of a colour image.
            let stack = match (image.volumetric, shape.channels) {
                (false, 1) if self.element.is_volume() => {
                    let message = "a 3D structuring element cannot be applied to a 2D image";
                    return Err(RunError::Refused(message.into()));
                }
                (_, 1) => shape,
                (false, channels) => {
                    Shape { depth: shape.height, height: shape.width, width: channels, channels: 1 }
                }
                (true, _) => {
                    return Err(RunError::Refused(
                        "the element has fewer dimensions than a volume in colour".into(),
                    ));
                }
            };
            Ok(match &image.pixels {
                Pixels::Bool(array) => Pixels::Bool(operation.apply(self.element, array, stack)),
                Pixels::F32(array) => Pixels::F32(operation.apply(self.element, array, stack)),
                Pixels::F64(array) => Pixels::F64(operation.apply(self.element, array, stack)),
                Pixels::Int(array) => Pixels::Int(operation.apply(self.element, array, stack)),
            })
        })
    }
}

/// What is done with the structuring element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Operation {
    /// The least value within the element.
    Erode,
    /// The greatest value within the element.
    Dilate,
    /// Eroded, then dilated.
    Open,
    /// Dilated, then eroded.
    Close,
}

impl Operation {
    fn apply<T: PartialOrd + Copy>(
        self,
        element: StructuringElement,
        array: &Array<T>,
        stack: Shape,
    ) -> Array<T> {
        let apply = |stack: &Array<T>| match self {
            Self::Erode => element.erode(stack),
            Self::Dilate => element.dilate(stack),
            Self::Open => element.open(stack),
            Self::Close => element.close(stack),
        };
        if stack == array.shape() {
            return apply(array);
        }
        let stacked = Array::from_vec(stack, array.data().to_vec());
        Array::from_vec(array.shape(), apply(&stacked).into_vec())
    }
}
