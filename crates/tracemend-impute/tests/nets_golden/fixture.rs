//! Fixture files and comparisons.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use safetensors::{Dtype, SafeTensors};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use tracemend_impute::nets::state_dict::{Rename, StateDict, Values, export, load};

/// A file of named tensors.
pub struct Fixture {
    bytes: Vec<u8>,
    name: String,
}

/// A tensor in double precision.
#[derive(Clone, Debug)]
pub struct Array {
    pub shape: Vec<usize>,
    pub values: Vec<f64>,
}

impl Fixture {
    pub fn open(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.safetensors"));
        Self { bytes: std::fs::read(path).unwrap(), name: name.to_owned() }
    }

    fn tensors(&self) -> SafeTensors<'_> {
        SafeTensors::deserialize(&self.bytes).unwrap()
    }

    /// The names that begin with `prefix`, without it.
    pub fn names(&self, prefix: &str) -> Vec<String> {
        self.tensors().names().into_iter().filter_map(|name| Some(name.strip_prefix(prefix)?.to_owned())).collect()
    }

    pub fn has(&self, name: &str) -> bool {
        self.tensors().tensor(name).is_ok()
    }

    pub fn array(&self, name: &str) -> Array {
        let tensors = self.tensors();
        let view = tensors.tensor(name).unwrap_or_else(|_| panic!("{} has no {name}", self.name));
        let data = view.data();
        let values = match view.dtype() {
            Dtype::F32 => data.chunks(4).map(|b| f32::from_le_bytes(b.try_into().unwrap()).into()).collect(),
            Dtype::F64 => data.chunks(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect(),
            Dtype::I64 => data.chunks(8).map(|b| i64::from_le_bytes(b.try_into().unwrap()) as f64).collect(),
            Dtype::U8 | Dtype::BOOL => data.iter().map(|b| f64::from(*b)).collect(),
            other => panic!("{name} holds {other:?}"),
        };
        Array { shape: view.shape().to_vec(), values }
    }

    /// `[B, V, L]` in the file, `[B, L, V]` here.
    pub fn windows(&self, name: &str, device: &Device) -> Tensor<3> {
        self.array(name).tensor::<3>(device).swap_dims(1, 2)
    }

    pub fn steps(&self, name: &str) -> Vec<usize> {
        self.array(name).values.iter().map(|t| *t as usize).collect()
    }

    /// The entries of the header.
    pub fn metadata(&self, key: &str) -> serde_json::Value {
        let (_, metadata) = SafeTensors::read_metadata(&self.bytes).unwrap();
        let text = metadata.metadata().as_ref().unwrap()[key].clone();
        serde_json::from_str(&text).unwrap_or(serde_json::Value::String(text))
    }

    /// All parameters and buffers under their names.
    pub fn state(&self) -> StateDict {
        let values = |name: &String| {
            let Array { shape, values } = self.array(&format!("param.{name}"));
            Values { shape, values: values.into_iter().map(|x| x as f32).collect() }
        };
        self.names("param.").iter().map(|name| (name.clone(), values(name))).collect()
    }

    /// The network with the file's parameters, which come out again bit for bit.
    pub fn load<M: Module>(&self, network: M, rename: Rename) -> M {
        let state = self.state();
        let network = load(network, rename, &state).unwrap();
        let back = export(&network, rename);
        assert_eq!(back.len(), state.len());
        for (name, values) in &state {
            let same = values.values.iter().zip(&back[name].values).all(|(a, b)| a.to_bits() == b.to_bits());
            assert!(same && values.shape == back[name].shape, "{name}");
        }
        network
    }

    /// Every gradient of the file under `prefix`, against those of a network; which gradients there are is compared too,
    /// but for those that are never used.
    pub fn check_gradients<M: Module>(&self, prefix: &str, network: &M, rename: Rename, grads: &Gradients) {
        let expected: BTreeMap<String, Array> =
            self.names(prefix).into_iter().map(|name| (name.clone(), self.array(&format!("{prefix}{name}")))).collect();
        let scale = expected.values().map(Array::rms).fold(0.0, f64::max);
        let found = gradients(network, rename, grads);
        let without: BTreeSet<&String> = found.keys().filter(|name| !expected.contains_key(*name)).collect();
        assert!(without.is_empty(), "gradients of what should have none: {without:?}");
        let mut compared = 0;
        for (name, expected) in expected {
            if name == "input_u" {
                continue;
            }
            let found = found.get(&name).unwrap_or_else(|| panic!("no gradient of {name}"));
            let count = expected.values.len() as f64;
            let error = found.values.iter().zip(&expected.values).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
            let norm = expected.rms() * count.sqrt();
            assert_eq!(found.values.len(), expected.values.len(), "{name}");
            assert!(error <= 1e-4 * (norm + 1e-5 * scale * count.sqrt()), "{name}: off by {error} of {norm}");
            compared += 1;
        }
        assert!(compared > 0);
    }
}

/// The gradients of a network by published name.
pub fn gradients<M: Module>(network: &M, rename: Rename, grads: &Gradients) -> BTreeMap<String, Array> {
    struct Visitor<'a> {
        path: Vec<String>,
        rename: Rename,
        grads: &'a Gradients,
        found: BTreeMap<String, Array>,
    }
    impl ModuleVisitor for Visitor<'_> {
        fn enter_module(&mut self, name: &str, _: &str) {
            self.path.push(name.to_owned());
        }

        fn exit_module(&mut self, _: &str, _: &str) {
            self.path.pop();
        }

        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if let Some(gradient) = param.val().grad(self.grads) {
                self.found.insert((self.rename)(&self.path.join(".")), Array::of(gradient));
            }
        }
    }
    let mut visitor = Visitor { path: Vec::new(), rename, grads, found: BTreeMap::new() };
    network.visit(&mut visitor);
    visitor.found
}

impl Array {
    pub fn of<const D: usize>(tensor: Tensor<D>) -> Self {
        let shape = tensor.dims().to_vec();
        Self { shape, values: tensor.into_data().iter::<f32>().map(f64::from).collect() }
    }

    pub fn tensor<const D: usize>(&self, device: &Device) -> Tensor<D> {
        let values: Vec<f32> = self.values.iter().map(|x| *x as f32).collect();
        Tensor::from_data(TensorData::new(values, self.shape.clone()), device)
    }

    pub fn rms(&self) -> f64 {
        (self.values.iter().map(|x| x * x).sum::<f64>() / self.values.len().max(1) as f64).sqrt()
    }

    /// Largest difference.
    pub fn off(&self, other: &Self) -> f64 {
        assert_eq!(self.shape, other.shape);
        let worst = self.values.iter().zip(&other.values).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        if self.values.iter().chain(&other.values).all(|x| x.is_finite()) { worst } else { f64::NAN }
    }

    #[track_caller]
    pub fn close(&self, other: &Self, tolerance: f64, what: &str) {
        let off = self.off(other);
        assert!(off <= tolerance, "{what}: off by {off:e}, allowed {tolerance:e}");
    }
}

/// `[B, L, V]` as the files have it.
pub fn channels_first(x: Tensor<3>) -> Array {
    Array::of(x.swap_dims(1, 2))
}
