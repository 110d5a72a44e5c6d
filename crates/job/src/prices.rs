//! What AWS asks for: list prices in US dollars, each with its date and where it is from. The only place for prices:
//! the plan's estimate, `cpb cost`, `cpb deploy` and docs/COST.md have them from here.

use serde::Serialize;

/// Hours of a month, as AWS counts.
pub const MONTH: f64 = 730.0;

/// The capacity of a Lustre file system of the stack, in GB.
pub const LUSTRE_GB: f64 = 1200.0;

/// The region whose prices are taken where none is named.
pub const REGION: &str = "us-east-1";

/// The machines whose price is taken where none are named: the first of the stack's families.
pub const MACHINE: &str = "c7i";

/// What a spot processor cost of its list price: c7i.xlarge, mean of five zones of us-east-1, by the same catalogue.
pub const SPOT: f64 = 0.41;

/// Something that has a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// A processor (vCPU) of a family of machines, an hour.
    Processor(&'static str),
    /// A read of S3.
    Read,
    /// A write, copy or listing of S3.
    Write,
    /// A GB in S3, a month.
    Stored,
    /// A GB of Lustre on SSD, 125 MB/s a TiB, a month.
    Lustre,
    /// A NAT gateway, an hour.
    Nat,
    /// An interface end point in a zone, an hour.
    EndPoint,
}

/// Where a price was looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// SkyPilot's catalogue of AWS's price list (`catalogs/v9/aws/vms.csv` at 3e9a1751 of skypilot-org/skypilot-catalog), 2026.
    Catalogue,
    /// zacfukuda.com/blog/aws-nat-gateway-vs-vpc-endpoint, of 1 June 2026.
    Network2026,
    /// c3x.dev/resources/aws/aws_fsx_lustre_file_system, without a date; looked up in November 2026.
    LustreUndated,
    /// As published in 2025; could not be looked up.
    NotChecked,
}

/// A price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Price {
    /// Of what.
    pub item: Item,
    /// The region.
    pub region: &'static str,
    /// US dollars.
    pub dollars: f64,
    /// Where it is from.
    pub source: Source,
}

const fn price(item: Item, region: &'static str, dollars: f64, source: Source) -> Price {
    Price { item, region, dollars, source }
}

const fn processor(machine: &'static str, region: &'static str, dollars: f64) -> Price {
    price(Item::Processor(machine), region, dollars, Source::Catalogue)
}

/// The prices that are known.
pub const TABLE: &[Price] = &[
    processor("c7i", "us-east-1", 0.044_625),
    processor("c7i", "us-east-2", 0.044_625),
    processor("c7i", "us-west-2", 0.044_625),
    processor("c7i", "eu-west-1", 0.047_88),
    processor("c7i", "eu-west-2", 0.053_025),
    processor("c7i", "eu-central-1", 0.050_925),
    processor("c7i", "eu-north-1", 0.047_775),
    processor("c7i", "ap-southeast-2", 0.058_275),
    processor("c7g", "us-east-1", 0.036_25),
    processor("c7g", "us-east-2", 0.036_15),
    processor("c7g", "us-west-2", 0.036_25),
    processor("c7g", "eu-west-1", 0.038_75),
    processor("c7g", "eu-west-2", 0.042_925),
    processor("c7g", "eu-central-1", 0.041_225),
    processor("c8g", "us-east-1", 0.039_88),
    processor("c8g", "us-east-2", 0.039_74),
    processor("c8g", "us-west-2", 0.039_88),
    processor("c8g", "eu-west-1", 0.042_64),
    processor("c8g", "eu-central-1", 0.045_35),
    price(Item::Processor("c4"), "us-east-1", 0.049_75, Source::NotChecked),
    price(Item::Read, "us-east-1", 0.4e-6, Source::NotChecked),
    price(Item::Write, "us-east-1", 5e-6, Source::NotChecked),
    price(Item::Stored, "us-east-1", 0.023, Source::NotChecked),
    price(Item::Read, "eu-central-1", 0.43e-6, Source::NotChecked),
    price(Item::Write, "eu-central-1", 5.4e-6, Source::NotChecked),
    price(Item::Stored, "eu-central-1", 0.0245, Source::NotChecked),
    price(Item::Lustre, "us-east-1", 0.145, Source::LustreUndated),
    price(Item::Nat, "us-east-1", 0.045, Source::Network2026),
    price(Item::EndPoint, "us-east-1", 0.010, Source::Network2026),
];

/// What a job is reckoned with.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Prices {
    /// The region.
    pub region: String,
    /// The family of machines; `own` where the price of a processor was given.
    pub machine: String,
    /// A processor, an hour.
    pub processor: f64,
    /// A read of S3.
    pub read: f64,
    /// A write of S3.
    pub write: f64,
    /// A GB in S3, a month.
    pub stored: f64,
    /// A GB of Lustre, a month.
    pub lustre: f64,
}

/// There is no such price.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no price of `{machine}` machines in `{region}` is known: name what a processor costs an hour with --price. Known are {}",
    known()
)]
pub struct NoPrice {
    /// The family of machines.
    pub machine: String,
    /// The region.
    pub region: String,
}

fn known() -> String {
    let processors = TABLE.iter().filter_map(|price| match price.item {
        Item::Processor(machine) => Some(format!("{machine} in {}", price.region)),
        _ => None,
    });
    processors.collect::<Vec<_>>().join(", ")
}

impl Prices {
    /// Returns the prices of a region; `own` is what a processor costs an hour where the table's price is not wanted.
    ///
    /// What is known of us-east-1 alone stands for other regions, too: it is the small part of a job's cost.
    ///
    /// # Errors
    /// When the processor's price is not known.
    pub fn of(region: &str, machine: &str, own: Option<f64>) -> Result<Self, NoPrice> {
        let of_table = TABLE.iter().find(|price| {
            price.region == region && matches!(price.item, Item::Processor(family) if family == machine)
        });
        let none = || NoPrice { machine: machine.into(), region: region.into() };
        let processor = own.or(of_table.map(|price| price.dollars)).ok_or_else(none)?;
        Ok(Self {
            region: region.into(),
            machine: if own.is_some() { "own".into() } else { machine.into() },
            processor,
            read: dollars(Item::Read, region),
            write: dollars(Item::Write, region),
            stored: dollars(Item::Stored, region),
            lustre: dollars(Item::Lustre, region),
        })
    }
}

/// Returns a price in a region, or else in us-east-1.
pub fn dollars(item: Item, region: &str) -> f64 {
    let in_region = |region: &str| TABLE.iter().find(|price| price.item == item && price.region == region);
    in_region(region).or_else(|| in_region(REGION)).map_or(f64::NAN, |price| price.dollars)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_has_a_price_in_the_usual_region() {
        for price in TABLE {
            assert!(price.dollars > 0.0 && dollars(price.item, REGION) > 0.0, "{price:?}");
        }
        assert!(Prices::of(REGION, MACHINE, None).is_ok());
    }

    #[test]
    fn a_region_has_its_own_prices_and_an_unknown_machine_is_named() {
        let prices = Prices::of("eu-central-1", "c7g", None).expect("prices");
        assert_eq!((prices.processor, prices.stored, prices.lustre), (0.041_225, 0.0245, 0.145));
        assert_eq!(Prices::of("mars-1", "c7i", Some(0.5)).expect("prices").processor, 0.5);
        let said = Prices::of("mars-1", "c7i", None).expect_err("no price").to_string();
        assert!(said.contains("`c7i` machines in `mars-1`") && said.contains("--price"), "{said}");
    }

    #[test]
    fn the_page_has_every_price_of_the_table() {
        let page = include_str!("../../../docs/COST.md");
        for price in TABLE {
            // Of a thousand; rounded, as 0.4e-6 × 1000 is not quite 0.0004.
            let thousand = (price.dollars * 1e9).round() / 1e6;
            let row = match price.item {
                Item::Processor(machine) => format!("| {machine} | {} | {} |", price.region, price.dollars),
                Item::Read => format!("| 1,000 reads of S3 | {} | {} |", price.region, thousand),
                Item::Write => {
                    format!("| 1,000 writes or listings of S3 | {} | {} |", price.region, thousand)
                }
                Item::Stored => format!("| S3, a GB-month | {} | {} |", price.region, price.dollars),
                Item::Lustre => format!("| Lustre, a GB-month | {} | {} |", price.region, price.dollars),
                Item::Nat => format!("| NAT gateway, an hour | {} | {} |", price.region, price.dollars),
                Item::EndPoint => format!(
                    "| interface end point in a zone, an hour | {} | {} |",
                    price.region, price.dollars
                ),
            };
            assert!(page.contains(&row), "docs/COST.md lacks\n{row}");
        }
    }
}
