//! `measurements.json`: what was measured of one image set, to read and to write.

use measurements::{EXPERIMENT, IMAGE, Record, Relationship, Value, Values};
use serde_json::{Map, Number, Value as Json, json};
use std::collections::BTreeMap;

/// What was measured of one image set before the call, and of the run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// Features of the image.
    pub image: BTreeMap<String, Value>,
    /// Features of each object set.
    pub objects: BTreeMap<String, BTreeMap<String, Values>>,
    /// Features of the run.
    pub experiment: BTreeMap<String, Value>,
    /// Relationships of objects.
    pub relationships: Vec<Relationship>,
}

impl Measured {
    /// Reads `measurements.json`.
    ///
    /// # Errors
    /// When it is not JSON of that form; the message names the place.
    pub fn parse(text: &str) -> Result<Self, String> {
        let json: Map<String, Json> = serde_json::from_str(text).map_err(|e| e.to_string())?;
        let mut measured = Self::default();
        for (name, value) in &json {
            if name == "relationships" {
                let list = value.as_array().ok_or("`relationships` is not a list")?;
                measured.relationships = list.iter().map(relationship).collect::<Result<_, _>>()?;
                continue;
            }
            let features = value.as_object().ok_or_else(|| format!("`{name}` is not an object"))?;
            let place = |feature: &str, what: &str| format!("`{name}`, `{feature}`: {what}");
            match name.as_str() {
                IMAGE | EXPERIMENT => {
                    let one = |(f, v): (&String, &Json)| {
                        let v = scalar(v).ok_or_else(|| place(f, "not a number or text"))?;
                        Ok::<_, String>((f.clone(), v))
                    };
                    let all = features.iter().map(one).collect::<Result<_, _>>()?;
                    *(if name == IMAGE { &mut measured.image } else { &mut measured.experiment }) = all;
                }
                _ => {
                    let one = |(f, v): (&String, &Json)| {
                        let v = v.as_array().and_then(|v| values(v));
                        Ok::<_, String>((
                            f.clone(),
                            v.ok_or_else(|| place(f, "not a list of numbers or texts"))?,
                        ))
                    };
                    let all = features.iter().map(one).collect::<Result<_, _>>()?;
                    measured.objects.insert(name.clone(), all);
                }
            }
        }
        Ok(measured)
    }

    /// Returns a whole number of the image.
    pub fn image_number(&self, feature: &str) -> Option<usize> {
        match self.image.get(feature)? {
            Value::Integer(v) => usize::try_from(*v).ok(),
            Value::Float(v) if v.fract() == 0.0 && *v >= 0.0 => Some(*v as usize),
            _ => None,
        }
    }
}

fn scalar(value: &Json) -> Option<Value> {
    Some(match value {
        Json::Null => Value::Float(f64::NAN),
        Json::Bool(v) => Value::Integer(i64::from(*v)),
        Json::Number(n) => {
            n.as_i64().map_or_else(|| n.as_f64().map(Value::Float), |i| Some(Value::Integer(i)))?
        }
        Json::String(s) if s == "Infinity" => Value::Float(f64::INFINITY),
        Json::String(s) if s == "-Infinity" => Value::Float(f64::NEG_INFINITY),
        Json::String(s) => Value::Text(s.clone()),
        _ => return None,
    })
}

fn values(list: &[Json]) -> Option<Values> {
    let list: Vec<Value> = list.iter().map(scalar).collect::<Option<_>>()?;
    if !list.is_empty() && list.iter().all(|v| matches!(v, Value::Integer(_))) {
        let whole = list.iter().map(|v| if let Value::Integer(v) = v { *v } else { 0 });
        return Some(Values::Integers(whole.collect()));
    }
    if list.iter().any(|v| matches!(v, Value::Text(_))) {
        let texts = list.into_iter().map(|v| match v {
            Value::Text(v) => Some(v),
            Value::Float(v) if v.is_infinite() => Some(if v > 0.0 { "Infinity" } else { "-Infinity" }.into()),
            _ => None,
        });
        return texts.collect::<Option<_>>().map(Values::Texts);
    }
    let float = |v: &Value| match v {
        Value::Integer(v) => *v as f64,
        Value::Float(v) => *v,
        Value::Text(_) => f64::NAN,
    };
    Some(Values::Floats(list.iter().map(float).collect()))
}

fn relationship(value: &Json) -> Result<Relationship, String> {
    let wrong = |key: &str| format!("a relationship's `{key}` is missing or of another kind");
    let text = |key: &str| Ok::<_, String>(value[key].as_str().ok_or_else(|| wrong(key))?.to_string());
    let list = |key: &str| -> Result<Vec<u32>, String> {
        let numbers = value[key].as_array().ok_or_else(|| wrong(key))?;
        let number = |n: &Json| n.as_u64().and_then(|n| u32::try_from(n).ok());
        numbers.iter().map(number).collect::<Option<_>>().ok_or_else(|| wrong(key))
    };
    let columns =
        [list("first_image")?, list("first_object")?, list("second_image")?, list("second_object")?];
    if columns.iter().any(|c| c.len() != columns[0].len()) {
        return Err("the four lists of a relationship are of different lengths".into());
    }
    let module = value["module"].as_u64().and_then(|m| usize::try_from(m).ok());
    Ok(Relationship {
        module: module.ok_or_else(|| wrong("module"))?,
        relationship: text("relationship")?,
        first: text("first")?,
        second: text("second")?,
        pairs: (0..columns[0].len()).map(|i| std::array::from_fn(|c| columns[c][i])).collect(),
    })
}

/// Returns what is recorded as `measurements.json`.
pub(super) fn to_json(record: &Record, experiment: &BTreeMap<String, Value>) -> Json {
    let scalars = |features: &BTreeMap<String, Value>| -> Map<String, Json> {
        features
            .iter()
            .map(|(f, v)| {
                let v = match v {
                    Value::Integer(v) => json!(v),
                    Value::Float(v) => float(*v),
                    Value::Text(v) => json!(v),
                };
                (f.clone(), v)
            })
            .collect()
    };
    let mut all = Map::new();
    all.insert(IMAGE.into(), scalars(&record.image).into());
    for (name, features) in &record.objects {
        let lists: Map<String, Json> = features
            .iter()
            .map(|(f, v)| {
                let list: Vec<Json> = match v {
                    Values::Integers(v) => v.iter().map(|v| json!(v)).collect(),
                    Values::Floats(v) => v.iter().map(|v| float(*v)).collect(),
                    Values::Texts(v) => v.iter().map(|v| json!(v)).collect(),
                };
                (f.clone(), list.into())
            })
            .collect();
        all.insert(name.clone(), lists.into());
    }
    all.insert(EXPERIMENT.into(), scalars(experiment).into());
    let relationships = record.relationships.iter().filter(|r| !r.pairs.is_empty()).map(|r| {
        let column = |c: usize| r.pairs.iter().map(|p| p[c]).collect::<Vec<_>>();
        json!({"module": r.module, "relationship": r.relationship, "first": r.first, "second": r.second,
            "first_image": column(0), "first_object": column(1), "second_image": column(2),
            "second_object": column(3)})
    });
    all.insert("relationships".into(), relationships.collect());
    all.into()
}

/// Returns a float with a decimal point or exponent, NaN as null, infinities as text.
fn float(value: f64) -> Json {
    match Number::from_f64(value) {
        Some(number) => Json::Number(number),
        None if value.is_nan() => Json::Null,
        None => json!(if value > 0.0 { "Infinity" } else { "-Infinity" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"Image":{"A":1,"B":1.0,"C":null,"D":"Infinity","E":"-Infinity","F":"text","G":1e-7},"Nuclei":{"I":[1,2],"J":[0.1,null,"Infinity"],"K":["x","y"],"L":[]},"Experiment":{"X":2.5},"relationships":[{"module":1,"relationship":"Parent","first":"Cells","second":"Nuclei","first_image":[1],"first_object":[2],"second_image":[1],"second_object":[3]}]}"#;

    #[test]
    fn numbers_keep_their_form() {
        let measured = Measured::parse(TEXT).unwrap();
        let record = Record {
            image_number: 1,
            image: measured.image,
            objects: measured.objects,
            relationships: measured.relationships,
        };
        assert_eq!(to_json(&record, &measured.experiment).to_string(), TEXT);
        assert_eq!(float(f64::from(0.1f32)).to_string(), "0.10000000149011612");
        assert_eq!(float(1e300).to_string(), "1e+300");
    }

    #[test]
    fn every_float_comes_back_the_same() {
        // A fast parser is off by the last bit on one of these.
        for i in 0..20_000u64 {
            let value =
                f64::from_bits(0x3f80_0000_0000_0000 + i.wrapping_mul(0x9e37_79b9_7f4a_7c15) % (1 << 56));
            let text = format!(r#"{{"Image":{{"A":{}}}}}"#, float(value));
            let Value::Float(again) = Measured::parse(&text).unwrap().image["A"] else { unreachable!() };
            assert_eq!(again.to_bits(), value.to_bits(), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let error = |text| Measured::parse(text).unwrap_err();
        assert_eq!(error(r#"{"Image":{"A":[1]}}"#), "`Image`, `A`: not a number or text");
        assert_eq!(error(r#"{"Nuclei":{"A":1}}"#), "`Nuclei`, `A`: not a list of numbers or texts");
        assert_eq!(error(r#"{"Nuclei":[]}"#), "`Nuclei` is not an object");
        assert!(error(r#"{"relationships":[{"module":1}]}"#).contains("`first_image`"));
        assert!(error("[").contains("line 1"));
    }
}
