//! Fixture files and comparisons.

use crate::nets::device::DeviceName;
use crate::nets::state_dict::{Rename, StateDict, Values, export, load};
use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use safetensors::{Dtype, SafeTensors};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

/// Where the networks are computed: on the processor, or on what `TRACEMEND_TEST_DEVICE` names (`cuda:0`).
pub(crate) fn device() -> Device {
    static DEVICE: LazyLock<Device> = LazyLock::new(|| {
        let name = std::env::var("TRACEMEND_TEST_DEVICE").map_or(DeviceName::Cpu, |name| name.parse().unwrap());
        name.open().unwrap().device
    });
    DEVICE.clone()
}

/// How many times the stated tolerances errors may be: once, or what `TRACEMEND_TEST_SLACK` says. The tolerances are those of
/// the processor; a GPU sums in another order and may multiply with fewer digits.
pub(crate) fn slack() -> f64 {
    std::env::var("TRACEMEND_TEST_SLACK").map_or(1.0, |factor| factor.parse().unwrap())
}

/// A file of named tensors. Each has to be read before the file is dropped, so that none is forgotten.
pub(crate) struct Fixture {
    bytes: Vec<u8>,
    name: String,
    unread: RefCell<BTreeSet<String>>,
}

impl Drop for Fixture {
    fn drop(&mut self) {
        let unread = self.unread.borrow();
        assert!(std::thread::panicking() || unread.is_empty(), "{}: no test compares {unread:?}", self.name);
    }
}

/// A tensor in double precision.
#[derive(Clone, Debug)]
pub(crate) struct Array {
    pub shape: Vec<usize>,
    pub values: Vec<f64>,
}

impl Fixture {
    pub(crate) fn open(name: &str) -> Self {
        Self::open_for(name, |_| true)
    }

    /// The file for a test that reads at least the tensors whose names are `wanted`.
    pub(crate) fn open_for(name: &str, wanted: impl Fn(&str) -> bool) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.safetensors"));
        let bytes = std::fs::read(path).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let unread = tensors.names().into_iter().filter(|name| wanted(name)).map(str::to_owned).collect();
        Self { bytes, name: name.to_owned(), unread: RefCell::new(unread) }
    }

    fn tensors(&self) -> SafeTensors<'_> {
        SafeTensors::deserialize(&self.bytes).unwrap()
    }

    /// The names that begin with `prefix`, without it.
    pub(crate) fn names(&self, prefix: &str) -> Vec<String> {
        self.tensors().names().into_iter().filter_map(|name| Some(name.strip_prefix(prefix)?.to_owned())).collect()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.tensors().tensor(name).is_ok()
    }

    pub(crate) fn array(&self, name: &str) -> Array {
        self.unread.borrow_mut().remove(name);
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
    pub(crate) fn windows(&self, name: &str, device: &Device) -> Tensor<3> {
        self.array(name).tensor::<3>(device).swap_dims(1, 2)
    }

    pub(crate) fn steps(&self, name: &str) -> Vec<usize> {
        self.array(name).values.iter().map(|t| *t as usize).collect()
    }

    /// The entries of the header.
    pub(crate) fn metadata(&self, key: &str) -> serde_json::Value {
        let (_, metadata) = SafeTensors::read_metadata(&self.bytes).unwrap();
        let text = metadata.metadata().as_ref().unwrap()[key].clone();
        serde_json::from_str(&text).unwrap_or(serde_json::Value::String(text))
    }

    /// All parameters and buffers under their names.
    pub(crate) fn state(&self) -> StateDict {
        let values = |name: &String| {
            let Array { shape, values } = self.array(&format!("param.{name}"));
            Values { shape, values: values.into_iter().map(|x| x as f32).collect() }
        };
        self.names("param.").iter().map(|name| (name.clone(), values(name))).collect()
    }

    /// The network with the file's parameters, which come out again bit for bit.
    pub(crate) fn load<M: Module>(&self, network: M, rename: Rename) -> M {
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

    /// Every gradient of the file under `prefix` in double and in single precision, against those of a network; which
    /// gradients there are is compared too, but for those that are never used. `single` is the relative error of the
    /// reference's single precision.
    pub(crate) fn check_gradients<M: Module>(
        &self,
        prefix: &str,
        network: &M,
        rename: Rename,
        grads: &Gradients,
        single: f64,
    ) {
        self.check_gradients_of(&format!("{prefix}grad64."), network, rename, grads, 1e-4);
        self.check_gradients_of(&format!("{prefix}grad."), network, rename, grads, 1e-4 + single);
    }

    fn check_gradients_of<M: Module>(
        &self,
        prefix: &str,
        network: &M,
        rename: Rename,
        grads: &Gradients,
        tolerance: f64,
    ) {
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
            let error = found.clone().reshaped(&expected.shape).distance(&expected);
            let norm = expected.rms() * count.sqrt();
            assert!(
                error <= tolerance * slack() * (norm + 1e-5 * scale * count.sqrt()),
                "{prefix}{name}: off by {error} of {norm}"
            );
            compared += 1;
        }
        assert!(compared > 0);
    }
}

/// The gradients of a network by published name.
pub(crate) fn gradients<M: Module>(network: &M, rename: Rename, grads: &Gradients) -> BTreeMap<String, Array> {
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
    pub(crate) fn of<const D: usize>(tensor: Tensor<D>) -> Self {
        let shape = tensor.dims().to_vec();
        Self { shape, values: tensor.into_data().iter::<f32>().map(f64::from).collect() }
    }

    pub(crate) fn tensor<const D: usize>(&self, device: &Device) -> Tensor<D> {
        let values: Vec<f32> = self.values.iter().map(|x| *x as f32).collect();
        Tensor::from_data(TensorData::new(values, self.shape.clone()), device)
    }

    pub(crate) fn rms(&self) -> f64 {
        (self.values.iter().map(|x| x * x).sum::<f64>() / self.values.len().max(1) as f64).sqrt()
    }

    /// Largest difference.
    pub(crate) fn off(&self, other: &Self) -> f64 {
        assert_eq!(self.shape, other.shape);
        let worst = self.values.iter().zip(&other.values).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        if self.values.iter().chain(&other.values).all(|x| x.is_finite()) { worst } else { f64::NAN }
    }

    /// Axes in another order.
    pub(crate) fn permuted(&self, axes: &[usize]) -> Self {
        let shape: Vec<usize> = axes.iter().map(|&axis| self.shape[axis]).collect();
        let stride = |axis: usize| self.shape[axis + 1..].iter().product::<usize>();
        let values = (0..self.values.len())
            .map(|mut at| {
                let mut from = 0;
                for (&axis, size) in axes.iter().zip(&shape).rev() {
                    from += at % size * stride(axis);
                    at /= size;
                }
                self.values[from]
            })
            .collect();
        Self { shape, values }
    }

    /// Entry `at` of the first axis.
    pub(crate) fn part(&self, at: usize) -> Self {
        let shape = self.shape[1..].to_vec();
        let size = shape.iter().product::<usize>();
        Self { shape, values: self.values[at * size..(at + 1) * size].to_vec() }
    }

    /// The same elements as another shape.
    pub(crate) fn reshaped(self, shape: &[usize]) -> Self {
        assert_eq!(self.values.len(), shape.iter().product::<usize>());
        Self { shape: shape.to_vec(), ..self }
    }

    pub(crate) fn zeros(&self) -> Self {
        Self { shape: self.shape.clone(), values: vec![0.0; self.values.len()] }
    }

    /// Root of the sum of squared differences.
    pub(crate) fn distance(&self, other: &Self) -> f64 {
        assert_eq!(self.shape, other.shape);
        self.values.iter().zip(&other.values).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
    }

    pub(crate) fn largest(&self) -> f64 {
        self.values.iter().fold(0.0, |max, x| max.max(x.abs()))
    }

    #[track_caller]
    pub(crate) fn close(&self, other: &Self, tolerance: f64, what: &str) {
        let (off, tolerance) = (self.off(other), tolerance * slack());
        assert!(off <= tolerance, "{what}: off by {off:e}, allowed {tolerance:e}");
    }
}

/// Compares the loss of an update with the reference's.
pub(crate) fn check_loss(step: usize, loss: &Tensor<1>, expected: f64) {
    let found: f32 = loss.clone().into_scalar();
    assert!((f64::from(found) / expected - 1.0).abs() < 1e-4 * slack(), "step {step}: {found} instead of {expected}");
}

/// Trainable parameters, and the other numbers of the state dict.
pub(crate) fn parameter_counts<M: Module>(network: &M) -> (usize, usize) {
    struct Count(usize, usize);
    impl ModuleVisitor for Count {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let size = param.val().dims().iter().product::<usize>();
            if param.is_require_grad() { self.0 += size } else { self.1 += size }
        }
    }
    let mut count = Count(0, 0);
    network.visit(&mut count);
    (count.0, count.1)
}

/// `[B, L, V]` as the files have it.
pub(crate) fn channels_first(x: Tensor<3>) -> Array {
    Array::of(x.swap_dims(1, 2))
}
