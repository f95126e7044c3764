//! All tensors of a network by name, out and in.
//!
//! A tensor's name is its path in the module tree (`residual_layers.0.fc_t.weight`), put through a renaming where the
//! published name is none that Rust can spell (`final_conv.2`, `D`). Parameters and buffers are treated alike.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorData};
use std::collections::BTreeMap;

/// A tensor's values in row-major order. `values.len()` is the product of `shape`.
#[derive(Clone, Debug, PartialEq)]
pub struct Values {
    /// Sizes of the axes.
    pub shape: Vec<usize>,
    /// The elements.
    pub values: Vec<f32>,
}

/// Tensors by name.
pub type StateDict = BTreeMap<String, Values>;

/// Turns a path in the module tree into the published name.
pub(crate) type Rename = fn(&str) -> String;

/// Tensors that do not fit a network.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// A tensor of the network that is not there.
    #[error("the tensor {name} of shape {shape:?} is missing; check that model and settings belong together")]
    Missing {
        /// Its name.
        name: String,
        /// The shape it should have.
        shape: Vec<usize>,
    },
    /// A tensor of another size.
    #[error(
        "the tensor {name} has shape {found:?} instead of {expected:?}; check that model and settings belong together"
    )]
    Shape {
        /// Its name.
        name: String,
        /// The network's.
        expected: Vec<usize>,
        /// The given one's.
        found: Vec<usize>,
    },
    /// A tensor that the network has no place for.
    #[error("the network has no tensor {name}; check that model and settings belong together")]
    Unexpected {
        /// Its name.
        name: String,
    },
}

/// The names of the modules that lead to a parameter.
#[derive(Default)]
struct Path(Vec<String>);

impl Path {
    fn name(&self, rename: Rename) -> String {
        rename(&self.0.join("."))
    }
}

/// The tensors of a network.
pub(crate) fn export<M: Module>(network: &M, rename: Rename) -> StateDict {
    struct Exporter {
        path: Path,
        rename: Rename,
        found: StateDict,
    }
    impl ModuleVisitor for Exporter {
        fn enter_module(&mut self, name: &str, _container: &str) {
            self.path.0.push(name.to_owned());
        }

        fn exit_module(&mut self, _name: &str, _container: &str) {
            self.path.0.pop();
        }

        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let tensor = param.val();
            let shape = tensor.dims().to_vec();
            let values = tensor.into_data().convert::<f32>().iter::<f32>().collect();
            self.found.insert(self.path.name(self.rename), Values { shape, values });
        }
    }
    let mut exporter = Exporter { path: Path::default(), rename, found: StateDict::new() };
    network.visit(&mut exporter);
    exporter.found
}

/// The network with its tensors replaced by those given; device and trainability stay.
///
/// # Errors
/// A tensor that is missing, has another shape, or belongs nowhere.
pub(crate) fn load<M: Module>(network: M, rename: Rename, tensors: &StateDict) -> Result<M, StateError> {
    struct Loader<'a> {
        path: Path,
        rename: Rename,
        tensors: &'a StateDict,
        used: usize,
        names: Vec<String>,
        error: Option<StateError>,
    }
    impl Loader<'_> {
        fn find(&self, name: &str, expected: Vec<usize>) -> Result<TensorData, StateError> {
            let Some(found) = self.tensors.get(name) else {
                return Err(StateError::Missing { name: name.to_owned(), shape: expected });
            };
            if found.shape != expected || found.values.len() != expected.iter().product::<usize>() {
                return Err(StateError::Shape { name: name.to_owned(), expected, found: found.shape.clone() });
            }
            Ok(TensorData::new(found.values.clone(), expected))
        }
    }
    impl ModuleMapper for Loader<'_> {
        fn enter_module(&mut self, name: &str, _container: &str) {
            self.path.0.push(name.to_owned());
        }

        fn exit_module(&mut self, _name: &str, _container: &str) {
            self.path.0.pop();
        }

        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let name = self.path.name(self.rename);
            let found = self.find(&name, param.lazy_shape().iter().copied().collect());
            self.names.push(name);
            match found {
                Ok(data) => {
                    self.used += 1;
                    let device = param.lazy_device();
                    let id = param.id;
                    param.transform_for_load(Tensor::from_data(data, &device), id)
                }
                Err(error) => {
                    self.error.get_or_insert(error);
                    param
                }
            }
        }
    }
    let mut loader = Loader { path: Path::default(), rename, tensors, used: 0, names: Vec::new(), error: None };
    let network = network.map(&mut loader);
    if let Some(error) = loader.error {
        return Err(error);
    }
    if loader.used < tensors.len()
        && let Some(name) = tensors.keys().find(|name| !loader.names.contains(name))
    {
        return Err(StateError::Unexpected { name: name.clone() });
    }
    Ok(network)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nets::seed::{drawn, seeded};
    use burn::nn::{Linear, LinearConfig};
    use burn::tensor::Device;

    #[derive(Module, Debug)]
    struct Pair {
        first: Vec<Linear>,
        d: Param<Tensor<1>>,
    }

    fn pair() -> Pair {
        let device = Device::flex();
        let _alone = seeded(1, &device);
        let d = Param::from_tensor(Tensor::from_data([1.0f32, 2.0], &device)).set_require_grad(false);
        drawn(Pair { first: vec![LinearConfig::new(2, 3).init(&device)], d })
    }

    fn rename(path: &str) -> String {
        path.replace("first.0", "first.2").replace('d', "D")
    }

    #[test]
    fn what_is_exported_loads_again_bit_for_bit_and_stays_frozen_where_it_was() {
        let state = export(&pair(), rename);
        let names: Vec<&str> = state.keys().map(String::as_str).collect();
        assert_eq!(names, ["D", "first.2.bias", "first.2.weight"]);
        assert_eq!(state["D"], Values { shape: vec![2], values: vec![1.0, 2.0] });
        let loaded = load(pair(), rename, &state).expect("its own tensors");
        assert_eq!(export(&loaded, rename), state);
        assert!(!loaded.d.is_require_grad());
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let whole = export(&pair(), rename);
        let mut state = whole.clone();
        state.remove("D");
        let missing = load(pair(), rename, &state).expect_err("D is gone");
        assert_eq!(missing, StateError::Missing { name: "D".into(), shape: vec![2] });
        let mut state = whole.clone();
        state.insert("E".into(), Values { shape: vec![], values: vec![1.0] });
        let unexpected = load(pair(), rename, &state).expect_err("E is new");
        assert_eq!(unexpected, StateError::Unexpected { name: "E".into() });
        let mut state = whole;
        state.insert("D".into(), Values { shape: vec![1, 2], values: vec![1.0, 2.0] });
        assert!(matches!(load(pair(), rename, &state), Err(StateError::Shape { .. })));
    }
}
