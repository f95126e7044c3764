//! What a search is asked and what it answers.

use crate::model::Token;
use crate::params::Shares;

/// One lost event of a filling: number of its insertion point, and its token.
pub(crate) type Placed = (u16, Token);

/// A complete filling of a gap.
#[derive(Clone, Debug)]
pub struct Filling {
    /// The lost events in order.
    pub placed: Vec<Placed>,
    /// Probability among all fillings found; these sum to 1.
    pub weight: f64,
    /// How it was found.
    pub origin: Origin,
}

/// How a filling was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// By the joint search.
    Search,
    /// Thread by thread, with as many events of each as simulations of the gap say.
    Simulated,
    /// Thread by thread, with as many events of each as it made around the gap.
    Around,
}

impl Origin {
    const ALL: [Self; 3] = [Self::Search, Self::Simulated, Self::Around];
}

/// The weights of fillings where those of each origin have their share of it all, as far as there are any.
pub(crate) fn shared_weights(fillings: &[Filling], shares: &Shares) -> Vec<f64> {
    let of = |origin| fillings.iter().filter(move |filling| filling.origin == origin).map(|filling| filling.weight);
    let own = Origin::ALL.map(|origin| of(origin).sum::<f64>());
    let present: f64 = own.iter().zip(shares).filter(|(own, _)| **own > 0.0).map(|(_, share)| share).sum();
    let factor = |filling: &Filling| {
        let origin = filling.origin as usize;
        if present > 0.0 && own[origin] > 0.0 { shares[origin] / present / own[origin] } else { 1.0 }
    };
    fillings.iter().map(|filling| filling.weight * factor(filling)).collect()
}

/// Gives fillings [`shared_weights`], and sorts them by these.
pub(crate) fn share(fillings: &mut [Filling], shares: &Shares) {
    let weights = shared_weights(fillings, shares);
    fillings.iter_mut().zip(weights).for_each(|(filling, weight)| filling.weight = weight);
    fillings.sort_by(|a, b| b.weight.total_cmp(&a.weight));
}

/// How many events the gap lost, as far as it is known.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Length<'a> {
    /// This many.
    Exact(usize),
    /// Log probability of each number of lost events, from 0 up.
    Unknown(&'a [f64]),
}

/// What a search found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    /// Fillings of the likeliest length, the likeliest first; empty if no thread can have run in the gap.
    pub fillings: Vec<Filling>,
    /// Probability of each length tried, from 0 up; empty for an exact length.
    pub lengths: Vec<f64>,
}
