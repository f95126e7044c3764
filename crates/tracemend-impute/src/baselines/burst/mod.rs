//! temp
use crate::counts::*; use crate::repair::index::TraceIndex; use tracemend_trace::*;
/// m
pub const METHODS: [&str; 0] = [];
/// f
pub struct Fill { /// t
pub thread: i64, /// t
pub token: Token, /// c
pub confidence: Option<f32> }
/// t
pub trait BurstMethod: Sync { /// n
fn name(&self)->&str; /// t
fn tokens(&self)->&TokenTable; /// f
fn fill(&self, index:&TraceIndex, gap:&Gap, lost: usize)->Vec<Fill>; }
/// l
pub fn learn(_n:&str,_t:&[&Trace])->Box<dyn BurstMethod> { unreachable!() }
