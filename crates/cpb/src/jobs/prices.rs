use crate::exit::{Failed, Status};
use job::prices::{MACHINE, Prices, REGION};

/// What a job is reckoned with.
#[derive(clap::Args, Clone)]
pub struct PriceArgs {
    /// The region whose list prices are taken
    #[arg(long, env = "AWS_REGION", value_name = "REGION", default_value = REGION)]
    region: String,

    /// The family of machines whose list price is taken
    #[arg(long, value_name = "FAMILY", default_value = MACHINE)]
    machine: String,

    /// What a processor costs an hour, in place of the list price
    #[arg(long, value_name = "PRICE")]
    price: Option<f64>,
}

impl PriceArgs {
    /// Returns the prices.
    pub fn prices(&self) -> Result<Prices, Failed> {
        Prices::of(&self.region, &self.machine, self.price).map_err(|e| Failed::new(Status::Usage, e))
    }
}
