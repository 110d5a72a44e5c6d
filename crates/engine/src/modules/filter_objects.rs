//! FilterObjects: keeps objects by what was measured of them, by rules, or for lying off the border.

mod keep;
mod settings;

use crate::object_processing::{note_processed, numbered_anew, processed_columns};
use crate::{Declaration, Kind, Module, Need, RunError, Upstream, Workspace};
use measurements::{Column, IMAGE};
use settings::{ENCLOSING, FilterObjects, Method, OBJECTS, OTHER, measurement};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "FilterObjects",
    former_names: &[],
    newest_revision: 10,
    summary: "keeps objects by their measurements, by rules, or for lying off the border",
    read: |module| Ok(Box::new(FilterObjects::read(module)?)),
};

impl Module for FilterObjects {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let mut needs = vec![Need::objects(&self.objects, OBJECTS)];
        match &self.method {
            Method::Best { feature, .. } => needs.push(measurement(&self.objects, feature)),
            Method::BestPerObject { feature, enclosing, .. } => {
                needs.push(measurement(&self.objects, feature));
                needs.push(Need::objects(enclosing, ENCLOSING));
            }
            Method::Limits(limits) => {
                needs.extend(limits.iter().map(|l| measurement(&self.objects, &l.feature)));
            }
            Method::Rules { .. } | Method::Border => {}
        }
        let mut columns = processed_columns(&self.objects, &self.output);
        let mut objects = vec![self.output.clone()];
        for (other, output) in &self.others {
            needs.push(Need::objects(other, OTHER));
            objects.push(output.clone());
            // CellProfiler declares what it notes of the other objects only if those removed are kept as well.
            if self.removed.is_some() {
                columns.extend(processed_columns(other, output));
            } else {
                columns.push(Column::float(IMAGE, format!("Count_{output}")));
            }
        }
        if let Some(removed) = &self.removed {
            objects.push(removed.clone());
            columns.extend(processed_columns(&self.objects, removed));
        }
        Declaration { needs, objects, columns, ..Declaration::default() }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let count = workspace.objects(&self.objects)?.count();
        let kept = self.kept(workspace)?;
        let mut numbers = vec![0; count + 1];
        for (new, &old) in (1..).zip(&kept) {
            *numbers.get_mut(old as usize).ok_or_else(|| {
                RunError::Refused(format!(
                    "object {old} of `{}` passes, but there are {count} objects only",
                    self.objects
                ))
            })? = new;
        }
        self.number(workspace, &self.objects, &self.output, &numbers)?;
        for (other, output) in &self.others {
            self.number(workspace, other, output, &numbers)?;
        }
        if let Some(removed) = &self.removed {
            let mut next = 0;
            let mut of_removed = vec![0; numbers.len()];
            for (new, _) in of_removed.iter_mut().zip(&numbers).skip(1).filter(|(_, kept)| **kept == 0) {
                next += 1;
                *new = next;
            }
            self.number(workspace, &self.objects, removed, &of_removed)?;
        }
        Ok(())
    }
}

impl FilterObjects {
    fn number(
        &self,
        workspace: &mut Workspace<'_>,
        input: &str,
        output: &str,
        numbers: &[u32],
    ) -> Result<(), RunError> {
        let objects = workspace.objects(input)?;
        workspace.add_objects(output, numbered_anew(&objects, input, numbers)?);
        note_processed(workspace, input, output)
    }
}
