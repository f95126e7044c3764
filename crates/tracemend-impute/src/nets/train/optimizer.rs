//! AdamW (Loshchilov and Hutter 2019) with global clipping and averaged weights.
//!
//! Our own, because the framework clips each tensor by itself, has no averaged weights, and its state has no names to be
//! saved under.

use crate::nets::network::Network;
use crate::nets::state_dict::{Rename, StateDict};
use crate::nets::train::config::TrainConfig;
use burn::module::{ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Gradients, Tensor, TensorData};
use rayon::prelude::*;
use std::collections::BTreeMap;

const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const EPSILON: f64 = 1e-8;
/// Elements of one task.
const CHUNK: usize = 1 << 16;

/// What the optimiser knows of one parameter.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Moments {
    pub first: Vec<f32>,
    pub second: Vec<f32>,
    /// The averaged weights; empty where there is no averaging.
    pub average: Vec<f32>,
}

/// The optimiser's state, by name of the parameter.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Optimizer {
    pub moments: BTreeMap<String, Moments>,
}

/// Gradients by name, of the parameters that have one.
struct Collected {
    path: Vec<String>,
    rename: Rename,
    gradients: BTreeMap<String, Vec<f32>>,
    all: Gradients,
}

impl ModuleVisitor for Collected {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = param.val().grad(&self.all) {
            let values = gradient.into_data().iter::<f32>().collect();
            self.gradients.insert((self.rename)(&self.path.join(".")), values);
        }
    }
}

/// The length of all gradients together; sums of fixed chunks in fixed order.
fn norm(gradients: &BTreeMap<String, Vec<f32>>) -> f64 {
    let squares = |values: &Vec<f32>| -> f64 {
        let parts: Vec<f64> =
            values.par_chunks(CHUNK).map(|chunk| chunk.iter().map(|g| f64::from(*g) * f64::from(*g)).sum()).collect();
        parts.iter().sum()
    };
    gradients.values().map(squares).sum::<f64>().sqrt()
}

/// The factors of one update of one parameter.
struct Update {
    scale: f64,
    rate: f64,
    decay: f64,
    /// 1 - beta^step
    correction: [f64; 2],
    /// Share of the average that stays.
    keep: f64,
}

impl Update {
    fn apply(&self, weights: &mut [f32], gradient: &[f32], moments: &mut Moments) {
        let size = self.rate / self.correction[0];
        let root = self.correction[1].sqrt();
        let chunks = weights
            .par_chunks_mut(CHUNK)
            .zip(gradient.par_chunks(CHUNK))
            .zip(moments.first.par_chunks_mut(CHUNK))
            .zip(moments.second.par_chunks_mut(CHUNK));
        let (scale, shrink) = (self.scale as f32, (1.0 - self.rate * self.decay) as f32);
        let (size, root, epsilon) = (size as f32, root as f32, EPSILON as f32);
        chunks.for_each(|(((weights, gradient), first), second)| {
            for i in 0..weights.len() {
                let g = gradient[i] * scale;
                first[i] += (g - first[i]) * (1.0 - BETA_1) as f32;
                second[i] += (g * g - second[i]) * (1.0 - BETA_2) as f32;
                weights[i] = weights[i] * shrink - size * first[i] / (second[i].sqrt() / root + epsilon);
            }
        });
        let keep = self.keep as f32;
        moments
            .average
            .par_chunks_mut(CHUNK)
            .zip(weights.par_chunks(CHUNK))
            .for_each(|(average, weights)| average.iter_mut().zip(weights).for_each(|(a, w)| *a = w + keep * (*a - w)));
    }
}

struct Updater<'a> {
    path: Vec<String>,
    rename: Rename,
    is_state_space: fn(&str) -> bool,
    gradients: BTreeMap<String, Vec<f32>>,
    optimizer: &'a mut Optimizer,
    config: &'a TrainConfig,
    step: usize,
    scale: f64,
}

impl ModuleMapper for Updater<'_> {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let name = (self.rename)(&self.path.join("."));
        let Some(gradient) = self.gradients.remove(&name) else { return param };
        let value = param.val();
        let (device, shape, id) = (value.device(), value.dims(), param.id);
        let mut weights: Vec<f32> = value.into_data().iter::<f32>().collect();
        let moments = self.optimizer.moments.entry(name.clone()).or_insert_with(|| Moments {
            first: vec![0.0; weights.len()],
            second: vec![0.0; weights.len()],
            average: if self.config.ema > 0.0 { weights.clone() } else { Vec::new() },
        });
        let (rate, decay) = match (self.is_state_space)(&name) {
            true => (self.config.state_space_rate, 0.0),
            false if D < 2 => (self.config.learning_rate, 0.0),
            false => (self.config.learning_rate, self.config.weight_decay),
        };
        let number = (self.step + 1) as i32;
        let update = Update {
            scale: self.scale,
            rate: rate * self.config.schedule(self.step),
            decay,
            correction: [1.0 - BETA_1.powi(number), 1.0 - BETA_2.powi(number)],
            // Young averages forget the first weights sooner.
            keep: self.config.ema.min(f64::from(number) / (f64::from(number) + 10.0)),
        };
        update.apply(&mut weights, &gradient, moments);
        param.transform_for_load(Tensor::from_data(TensorData::new(weights, shape), &device), id)
    }
}

impl Optimizer {
    /// One update, numbered from 0. Returns the network and the gradient's length before clipping.
    pub(super) fn step<N: Network>(
        &mut self,
        network: N,
        all: Gradients,
        config: &TrainConfig,
        step: usize,
    ) -> (N, f64) {
        let mut collected = Collected { path: Vec::new(), rename: N::RENAME, gradients: BTreeMap::new(), all };
        network.visit(&mut collected);
        let gradients = collected.gradients;
        let length = norm(&gradients);
        let scale = if config.clip > 0.0 && length > config.clip { config.clip / length } else { 1.0 };
        let (rename, is_state_space) = (N::RENAME, N::is_state_space);
        let mut updater =
            Updater { path: Vec::new(), rename, is_state_space, gradients, optimizer: self, config, step, scale };
        (network.map(&mut updater), length)
    }

    /// Tensors with the averaged weights in the place of the trained ones.
    pub(super) fn averaged(&self, mut tensors: StateDict) -> StateDict {
        for (name, moments) in &self.moments {
            if let Some(tensor) = tensors.get_mut(name)
                && !moments.average.is_empty()
            {
                tensor.values.clone_from(&moments.average);
            }
        }
        tensors
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_equals_adamw_step_by_step() {
        let gradients = [[0.5f32, -2.0], [0.1, 3.0], [-0.7, 0.0]];
        let mut weights = vec![1.0f32, -1.0];
        let mut moments = Moments { first: vec![0.0; 2], second: vec![0.0; 2], average: weights.clone() };
        // The textbook, in double precision.
        let (mut w, mut m, mut v) = ([1.0f64, -1.0], [0.0f64; 2], [0.0f64; 2]);
        let mut average = w;
        for (step, gradient) in gradients.iter().enumerate() {
            let number = step as i32 + 1;
            let correction = [1.0 - BETA_1.powi(number), 1.0 - BETA_2.powi(number)];
            let update = Update { scale: 0.5, rate: 0.01, decay: 0.1, correction, keep: 0.9 };
            update.apply(&mut weights, gradient, &mut moments);
            for i in 0..2 {
                let g = f64::from(gradient[i]) * 0.5;
                m[i] = BETA_1 * m[i] + (1.0 - BETA_1) * g;
                v[i] = BETA_2 * v[i] + (1.0 - BETA_2) * g * g;
                w[i] -= 0.01 * 0.1 * w[i];
                w[i] -= 0.01 * (m[i] / correction[0]) / ((v[i] / correction[1]).sqrt() + EPSILON);
                average[i] = 0.9 * average[i] + 0.1 * w[i];
                assert!((f64::from(weights[i]) - w[i]).abs() < 1e-6);
                assert!((f64::from(moments.average[i]) - average[i]).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn the_norm_is_that_of_all_gradients_together() {
        let gradients = BTreeMap::from([("a".to_owned(), vec![3.0]), ("b".to_owned(), vec![0.0, 4.0])]);
        assert!((norm(&gradients) - 5.0).abs() < 1e-12);
    }
}
