//! Answers of the models that the search needs again and again, cached from one gap to the next.

use crate::context::Context;
use crate::engine::Engine;
use crate::gap_context::InsertionPoint;
use crate::log_prob::LogProb;
use crate::model::{END, Token, bucket};
use crate::predictor::Session;
use crate::search::lookahead::Lookahead;
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// Tokens with the logarithms of their probabilities.
type Tokens = Rc<Vec<(Token, f32)>>;

/// Cached answers of one engine.
pub(crate) struct Caches<'m> {
    /// The engine.
    pub engine: Engine<'m>,
    /// The worker's questions to the predictor.
    pub(crate) session: Box<dyn Session + 'm>,
    /// Number of tokens.
    pub(super) vocabulary: usize,
    pub(super) lookahead: Lookahead,
    next: FxHashMap<(Context, bool), Tokens>,
    leave: FxHashMap<Context, f32>,
    tails: FxHashMap<(Token, usize), f32>,
    tails_later: FxHashMap<(Token, usize), f32>,
}

impl<'m> Caches<'m> {
    /// Empty caches.
    pub(crate) fn new(engine: Engine<'m>) -> Self {
        Self {
            engine,
            session: engine.predictor.session(),
            vocabulary: engine.predictor.vocabulary(),
            lookahead: Lookahead::new(engine.model, engine.params),
            next: FxHashMap::default(),
            leave: FxHashMap::default(),
            tails: FxHashMap::default(),
            tails_later: FxHashMap::default(),
        }
    }

    /// Forgets all contexts before a gap: an answer must not depend on which gaps the worker filled before.
    pub(crate) fn begin_gap(&mut self) {
        self.session = self.engine.predictor.session();
        self.next.clear();
        self.leave.clear();
    }

    /// [`Session::next`], as shares of what it returns: that the list is short must not speak against the thread. `switched` names
    /// the two sizes of the list that the search asks for.
    pub(super) fn next(&mut self, context: Context, max: usize, switched: bool) -> Tokens {
        let (session, params) = (&mut self.session, self.engine.params);
        self.next
            .entry((context, switched))
            .or_insert_with(|| {
                let tokens = session.next(context, max, params.token_mass);
                let kept = LogProb::any(tokens.iter().map(|&(_, log_p)| log_p));
                Rc::new(tokens.into_iter().map(|(token, log_p)| (token, (log_p - kept).0 as f32)).collect())
            })
            .clone()
    }

    /// [`Session::leave`].
    pub(super) fn leave(&mut self, context: Context) -> f64 {
        let session = &mut self.session;
        f64::from(*self.leave.entry(context).or_insert_with(|| session.leave(context) as f32))
    }

    /// Probability that a thread whose last token is `last` is not seen from the end of the gap to its next recorded event.
    pub(super) fn tail(&mut self, last: Token, point: &InsertionPoint) -> f32 {
        if point.right.first() == Some(&END) {
            return 1.0;
        }
        let (model, bucket) = (self.engine.model, bucket(point.tail_ns));
        *self
            .tails
            .entry((last, bucket))
            .or_insert_with(|| model.timing.step_at_least(last, bucket, &model.params) as f32)
    }

    /// [`Caches::tail`], averaged over the tokens that usually stand before the point's next recorded one.
    pub(super) fn tail_later(&mut self, point: &InsertionPoint) -> f32 {
        let Some(&right) = point.right.first().filter(|&&right| right != END) else {
            return 1.0;
        };
        let key = (right, bucket(point.tail_ns));
        if let Some(&tail) = self.tails_later.get(&key) {
            return tail;
        }
        let before = self.lookahead.before(right);
        let floor = self.engine.params.lookahead_floor as f32;
        let tail = before.iter().map(|&(token, share)| share * self.tail(token, point)).sum::<f32>().max(floor);
        self.tails_later.insert(key, tail);
        tail
    }

    /// Log probability that `right` follows `context`.
    pub(super) fn continuation(&mut self, mut context: Context, right: &[Token]) -> LogProb {
        let mut sum = LogProb::CERTAIN;
        for &token in right {
            let p = self.session.probability(context, token);
            // A thread may fall silent without ending.
            sum += LogProb::of(if token == END { p + self.engine.params.silent_end } else { p });
            context = self.session.after(context, token);
        }
        sum
    }
}
