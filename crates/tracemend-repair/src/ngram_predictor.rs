//! The n-gram model as a predictor.

use crate::context::{Context, ThreadPast};
use crate::gap_context::GapContext;
use crate::index::TraceIndex;
use crate::kernel::Rescoring;
use crate::log_prob::LogProb;
use crate::model::long_contexts::{BackwardHash, LENGTHS, MAX_LENGTH};
use crate::model::{FIRST_EVENT, State, Token, TokenTable, TraceModel, likeliest};
use crate::predictor::{Predictor, Session};
use crate::rescoring::Recall;
use crate::search::Filling;
use rustc_hash::FxHashMap;
use std::cmp::Reverse;

/// Predicts from the n-grams of a [`TraceModel`], over all programs and within the thread's own.
pub(crate) struct NgramPredictor<'m> {
    model: &'m TraceModel,
    /// The recording, where the model's rescoring asks for it.
    recall: Option<(Recall, Rescoring)>,
}

impl<'m> NgramPredictor<'m> {
    /// A predictor over a model that has learned. It rescores by the recorded events of `index` where blackouts said that this
    /// pays ([`TraceModel::rescoring`]).
    pub(crate) fn new(model: &'m TraceModel, index: &TraceIndex<'_>) -> Self {
        let recall = model.rescoring.map(|rescoring| (Recall::new(index, &index.trace.gaps), rescoring));
        Self { model, recall }
    }
}

impl Predictor for NgramPredictor<'_> {
    fn vocabulary(&self) -> usize {
        self.model.tokens.len()
    }

    fn reach(&self) -> usize {
        MAX_LENGTH
    }

    fn session(&self) -> Box<dyn Session + '_> {
        Box::new(NgramSession::new(self.model))
    }

    fn rescore(&self, gap: &GapContext, fillings: &[Filling]) -> Option<Vec<LogProb>> {
        let (recall, Rescoring { kernel, exponent }) = self.recall.as_ref()?;
        let opinions = recall.opinions(gap, fillings, &[*kernel]).pop()?;
        Some(opinions.into_iter().map(|opinion| LogProb(exponent * opinion.0)).collect())
    }
}

/// Where a thread may stand: what the search calls a context.
#[derive(Clone, Copy)]
struct Place {
    /// Its context in the trie.
    state: State,
    /// The place one token before, and that token's hash; `None` where nothing is known before.
    newest: Option<(u32, u64)>,
    /// How many tokens back all that share this place agree.
    agreed: usize,
    /// Keys of the long contexts that end here and are known, the shortest first.
    keys: [u64; LENGTHS.len()],
    known: usize,
}

/// What a place is known by: places that differ in tokens too old to matter are one.
type PlaceKey = (State, u64, usize);

/// Contexts are numbers of places, which the session remembers: a long context cannot be told from the trie's node.
struct NgramSession<'m> {
    model: &'m TraceModel,
    places: Vec<Place>,
    numbers: FxHashMap<PlaceKey, u32>,
    after: FxHashMap<(u32, Token), u32>,
}

impl<'m> NgramSession<'m> {
    fn new(model: &'m TraceModel) -> Self {
        Self { model, places: Vec::new(), numbers: FxHashMap::default(), after: FxHashMap::default() }
    }

    /// The number of the place with this state and these tokens before it.
    fn number(&mut self, state: State, newest: Option<(u32, u64)>) -> u32 {
        let mut place = Place { state, newest, agreed: 0, keys: [0; LENGTHS.len()], known: 0 };
        // Where places with different pasts became one, no older token is sure; nor can it matter yet.
        let sure = newest.map_or(0, |(before, _)| self.places[before as usize].agreed + 1);
        let mut hash = BackwardHash::EMPTY;
        let (mut length, mut older) = (0, newest);
        // Of the tokens that may matter: one fewer than the first length that is not known here, or the longest.
        let mut recent = (0, 0);
        for (index, &wanted) in LENGTHS.iter().enumerate() {
            while length < wanted.min(sure)
                && let Some((before, token_hash)) = older
            {
                recent = (hash.sum(), length);
                hash = hash.older(token_hash);
                length += 1;
                older = self.places[before as usize].newest;
            }
            if length < wanted {
                recent = (hash.sum(), length);
                break;
            }
            let key = hash.key(index);
            if !self.model.long.has(key) {
                break;
            }
            place.keys[index] = key;
            place.known = index + 1;
            recent = (hash.sum(), length);
        }
        place.agreed = recent.1;
        let next = self.places.len() as u32;
        let number = *self.numbers.entry((state, recent.0, recent.1)).or_insert(next);
        if number == next {
            self.places.push(place);
        }
        number
    }

    fn place(&self, Context(number): Context) -> &Place {
        &self.places[number as usize]
    }

    /// From the empty context up to the longest, as [`ContextTrie`](crate::model::ContextTrie) does it.
    fn probability_at(&self, place: &Place, token: Token) -> f64 {
        let TraceModel { trie, tokens, long, params, .. } = self.model;
        let shorter = trie.probability(place.state, token, tokens.len(), params);
        place.keys[..place.known].iter().fold(shorter, |p, &key| {
            let (mut count, mut total, mut distinct) = (0u64, 0u64, 0u32);
            for (follower, times) in long.followers(key) {
                count += if follower == token { u64::from(times) } else { 0 };
                total += u64::from(times);
                distinct += 1;
            }
            let escape = params.escape * f64::from(distinct);
            (count as f64 + escape * p) / (total as f64 + escape)
        })
    }
}

impl Session for NgramSession<'_> {
    fn begin(&mut self, past: &ThreadPast<'_>) -> Context {
        let empty = self.number(self.model.empty_state(past.program, past.from_birth), None);
        past.tokens.iter().fold(Context(empty.into()), |context, &token| self.after(context, token))
    }

    fn after(&mut self, before: Context, token: Token) -> Context {
        let key = (before.0 as u32, token);
        if let Some(&number) = self.after.get(&key) {
            return Context(number.into());
        }
        let state = self.model.trie.advance(self.place(before).state, token);
        let number = self.number(state, Some((key.0, self.model.tokens.hash(token))));
        self.after.insert(key, number);
        Context(number.into())
    }

    fn probability(&mut self, context: Context, token: Token) -> f64 {
        self.probability_at(self.place(context), token)
    }

    fn next(&mut self, context: Context, max: usize, mass: f64) -> Vec<(Token, LogProb)> {
        let TraceModel { trie, tokens, long, .. } = self.model;
        let place = self.place(context);
        let after_long = place.keys[..place.known].iter().rev().flat_map(|&key| {
            let mut followers: Vec<(Token, u32)> = long.followers(key).collect();
            followers.sort_unstable_by_key(|&(token, count)| (Reverse(count), token));
            followers.into_iter().map(|(token, _)| token)
        });
        let candidates = after_long.chain(trie.candidates(place.state));
        likeliest(candidates, mass, max, |token| self.probability_at(place, token))
            .into_iter()
            .filter(|&(token, _)| token >= FIRST_EVENT && !TokenTable::is_program(tokens.kind(token)))
            .map(|(token, p)| (token, LogProb::of(p)))
            .collect()
    }

    fn leave(&mut self, context: Context) -> f64 {
        self.model.trie.leave_probability(self.place(context).state, &self.model.params)
    }
}
