//! Variable-order Markov counts as a trie of n-grams.
//!
//! A node stands for a string of tokens and counts how often it occurred; the children of a node are what followed
//! it. A context is a node, its *link* the node without the oldest token, so backing off is one step. Probabilities
//! interpolate all orders (Witten and Bell 1991, IEEE Trans. Inf. Theory 37:4, method C): from the empty context up,
//! `p = (c + e p_shorter) / (n + e)` with `e` a multiple of the number of distinct followers.

use crate::model::token::Token;
use crate::params::ModelParams;
use rustc_hash::FxHashMap;

/// A node of a [`ContextTrie`]; 0 is the empty context.
pub(crate) type Node = u32;
/// The empty context.
pub const ROOT: Node = 0;
pub(crate) const NONE: u32 = u32::MAX;
/// Longest context, in tokens.
pub(crate) const MAX_ORDER: usize = 12;
/// Longest context in the counts of one program alone, in tokens.
pub(super) const PROGRAM_ORDER: usize = 6;
/// From this many children on, one of them is looked up in a table instead of searched for.
const WIDE: u16 = 256;

#[derive(Clone, Debug)]
pub(crate) struct NodeData {
    /// First of the children, a linked list; after [`ContextTrie::freeze`] the most frequent first.
    pub(crate) first: u32,
    pub(crate) next: u32,
    pub(crate) link: u32,
    pub(crate) token: Token,
    pub(crate) count: u32,
    /// Sum of the children's counts.
    pub(crate) total: u32,
    /// How often the CPU's next event was seen after this context, and how often it was another thread's.
    pub(crate) followed: u32,
    pub(crate) switched: u32,
    pub(crate) distinct: u16,
    pub(crate) depth: u8,
}

/// Counts of token strings of limited length.
#[derive(Clone, Debug)]
pub struct ContextTrie {
    nodes: Vec<NodeData>,
    /// The children of nodes with [`WIDE`] children and more, by parent and token.
    wide: FxHashMap<(Node, Token), Node>,
}

/// Where a thread stands: its context among all programs and among its own program.
///
/// The counts of one program lie below a node of their own, which is the empty context of that program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// Context over all programs.
    pub all: Node,
    /// Context within the program; [`ROOT`] where the program is unknown.
    pub program: Node,
}

/// The contexts of every order at one place of a sequence, kept while learning.
#[derive(Clone, Debug)]
pub struct Cursor {
    nodes: [Node; MAX_ORDER + 1],
    len: u8,
    order: u8,
}

impl Cursor {
    /// Nothing is known of what came before.
    pub(crate) fn unknown() -> Self {
        Self { nodes: [ROOT; MAX_ORDER + 1], len: 1, order: MAX_ORDER as u8 }
    }

    /// Nothing is known but the program, given by its node ([`ContextTrie::program`]).
    pub(crate) fn program(root: Node) -> Self {
        Self { nodes: [root; MAX_ORDER + 1], len: 1, order: PROGRAM_ORDER as u8 }
    }

    /// Nothing is known of what came before, and contexts of more than `order` tokens (at most `MAX_ORDER`) are not
    /// counted.
    pub fn of_order(order: usize) -> Self {
        Self { order: order.min(MAX_ORDER) as u8, ..Self::unknown() }
    }

    /// The empty context it stands on.
    pub(crate) fn root(&self) -> Node {
        self.nodes[0]
    }

    /// The contexts of every order, the empty one first.
    pub(crate) fn contexts(&self) -> &[Node] {
        &self.nodes[..self.len as usize]
    }
}

impl Default for ContextTrie {
    fn default() -> Self {
        Self { nodes: vec![NodeData::new(0, ROOT, 0)], wide: FxHashMap::default() }
    }
}

impl NodeData {
    pub(crate) fn new(token: Token, link: Node, depth: u8) -> Self {
        Self { first: NONE, next: NONE, link, token, count: 0, total: 0, followed: 0, switched: 0, distinct: 0, depth }
    }
}

impl ContextTrie {
    /// Moves a learning cursor over `token`, counting it `weight` times in every context it stands in.
    pub fn learn(&mut self, cursor: &mut Cursor, token: Token, weight: u32) {
        let mut new = [cursor.nodes[0]; MAX_ORDER + 1];
        let len = cursor.len as usize;
        let order = cursor.order as usize;
        for depth in 0..len {
            let parent = cursor.nodes[depth];
            let child = self.child_or_insert(parent, token, new[depth]);
            let node = &mut self.nodes[child as usize];
            node.count = node.count.saturating_add(weight);
            let total = &mut self.nodes[parent as usize].total;
            *total = total.saturating_add(weight);
            if depth < order {
                new[depth + 1] = child;
            }
        }
        cursor.nodes = new;
        cursor.len = (len + 1).min(order + 1) as u8;
    }

    /// The empty context of a program, made now if it is new; `mark` is the program's token.
    pub(crate) fn program(&mut self, mark: Token) -> Node {
        let node = self.child_or_insert(ROOT, mark, ROOT);
        self.nodes[node as usize].depth = 0;
        node
    }

    /// The empty context of a program, [`ROOT`] if nothing was learned of it.
    pub(crate) fn find_program(&self, mark: Token) -> Node {
        self.find(ROOT, mark).unwrap_or(ROOT)
    }

    /// Moves a cursor over a mark that stands in contexts but is not itself predicted.
    pub(crate) fn mark(&mut self, token: Token) -> Cursor {
        let mut cursor = Cursor::unknown();
        cursor.nodes[1] = self.child_or_insert(ROOT, token, ROOT);
        cursor.len = 2;
        cursor
    }

    /// Notes whether the CPU's next event after these contexts was another thread's.
    pub(crate) fn note_follower(&mut self, contexts: &[Node], switched: bool, weight: u32) {
        for &node in contexts {
            let node = &mut self.nodes[node as usize];
            node.followed = node.followed.saturating_add(weight);
            node.switched = node.switched.saturating_add(u32::from(switched) * weight);
        }
    }

    pub(crate) fn child_or_insert(&mut self, parent: Node, token: Token, link: Node) -> Node {
        let first = self.nodes[parent as usize].first;
        let wide = self.nodes[parent as usize].distinct >= WIDE;
        if wide && let Some(&child) = self.wide.get(&(parent, token)) {
            return child;
        }
        let mut previous = NONE;
        let mut child = if wide { NONE } else { first };
        while child != NONE {
            let node = &self.nodes[child as usize];
            if node.token == token {
                if previous != NONE {
                    // To the front: the next search for it is short.
                    let next = node.next;
                    self.nodes[previous as usize].next = next;
                    self.nodes[child as usize].next = first;
                    self.nodes[parent as usize].first = child;
                }
                return child;
            }
            previous = child;
            child = node.next;
        }
        let depth = self.nodes[parent as usize].depth + 1;
        let new = self.nodes.len() as Node;
        let mut node = NodeData::new(token, link, depth);
        node.next = first;
        self.nodes.push(node);
        let at = parent;
        let parent = &mut self.nodes[at as usize];
        parent.first = new;
        parent.distinct = parent.distinct.saturating_add(1);
        if wide {
            self.wide.insert((at, token), new);
        } else if parent.distinct >= WIDE {
            self.index_children(at);
        }
        new
    }

    /// All nodes level by level, the children of a node side by side, the most frequent first.
    pub(crate) fn canonical_order(&self) -> Vec<Node> {
        let mut order: Vec<Node> = Vec::with_capacity(self.nodes.len());
        order.push(ROOT);
        let mut done = 0;
        let mut children: Vec<Node> = Vec::new();
        while done < order.len() {
            children.clear();
            children.extend(self.children(order[done]));
            children.sort_unstable_by_key(|&child| {
                let node = &self.nodes[child as usize];
                (std::cmp::Reverse(node.count), node.token)
            });
            order.append(&mut children);
            done += 1;
        }
        order
    }

    /// A trie of nodes that [`ContextTrie::canonical_order`] would not change.
    pub(crate) fn from_nodes(nodes: Vec<NodeData>) -> Self {
        let mut trie = Self { nodes, wide: FxHashMap::default() };
        trie.index_wide();
        trie
    }

    /// Lays children side by side, the most frequent first, so that reading is fast. Learning may go on after it.
    pub fn freeze(&mut self) {
        let order = self.canonical_order();
        let mut place = vec![NONE; self.nodes.len()];
        for (index, &node) in order.iter().enumerate() {
            place[node as usize] = index as u32;
        }
        let mut nodes: Vec<NodeData> = Vec::with_capacity(self.nodes.len());
        for &old in &order {
            let mut node = self.nodes[old as usize].clone();
            node.link = place[node.link as usize];
            node.first = NONE;
            node.next = NONE;
            nodes.push(node);
        }
        for (index, &old) in order.iter().enumerate() {
            let mut last = NONE;
            let mut kids: Vec<u32> = self.children(old).map(|child| place[child as usize]).collect();
            kids.sort_unstable();
            for kid in kids {
                match last {
                    NONE => nodes[index].first = kid,
                    last => nodes[last as usize].next = kid,
                }
                last = kid;
            }
        }
        self.nodes = nodes;
        self.index_wide();
    }

    fn index_wide(&mut self) {
        self.wide.clear();
        for parent in 0..self.nodes.len() as Node {
            if self.nodes[parent as usize].distinct >= WIDE {
                self.index_children(parent);
            }
        }
    }

    #[cold]
    fn index_children(&mut self, parent: Node) {
        let children: Vec<Node> = self.children(parent).collect();
        self.wide.extend(children.into_iter().map(|child| ((parent, self.nodes[child as usize].token), child)));
    }

    pub(crate) fn children(&self, parent: Node) -> impl Iterator<Item = Node> + '_ {
        let mut child = self.nodes[parent as usize].first;
        std::iter::from_fn(move || {
            (child != NONE).then(|| {
                let now = child;
                child = self.nodes[now as usize].next;
                now
            })
        })
    }

    /// What followed a context, with counts.
    pub(crate) fn followers(&self, context: Node) -> impl Iterator<Item = (Token, u32, Node)> + '_ {
        self.children(context).map(|child| {
            let node = &self.nodes[child as usize];
            (node.token, node.count, child)
        })
    }

    fn find(&self, parent: Node, token: Token) -> Option<Node> {
        if self.nodes[parent as usize].distinct >= WIDE {
            return self.wide.get(&(parent, token)).copied();
        }
        self.children(parent).find(|&child| self.nodes[child as usize].token == token)
    }

    /// Number of nodes, the empty context included.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(crate) fn node(&self, node: Node) -> &NodeData {
        &self.nodes[node as usize]
    }

    pub(crate) fn node_mut(&mut self, node: Node) -> &mut NodeData {
        &mut self.nodes[node as usize]
    }

    /// The context without its oldest token.
    pub(crate) fn shorter(&self, context: Node) -> Node {
        self.nodes[context as usize].link
    }

    /// Length of a context in tokens.
    pub(crate) fn depth(&self, context: Node) -> usize {
        self.nodes[context as usize].depth as usize
    }

    /// The context after `token`: the longest known one.
    pub fn advance(&self, state: State, token: Token) -> State {
        State {
            all: self.advance_one(state.all, token, MAX_ORDER),
            program: if state.program == ROOT { ROOT } else { self.advance_one(state.program, token, PROGRAM_ORDER) },
        }
    }

    fn advance_one(&self, mut context: Node, token: Token, order: usize) -> Node {
        loop {
            let depth = self.depth(context);
            if depth < order
                && let Some(child) = self.find(context, token)
            {
                return child;
            }
            if depth == 0 {
                return context;
            }
            context = self.shorter(context);
        }
    }

    /// The contexts of every order that end here, from the vaguest to the most exact; returns how many.
    fn chain(&self, state: State, chain: &mut Chain) -> usize {
        let (all_depth, program_depth) = (self.depth(state.all), self.depth(state.program));
        let with_program = state.program != ROOT;
        let mut len = all_depth + 1 + if with_program { program_depth + 1 } else { 0 };
        let total = len;
        let (mut all, mut program) = (state.all, state.program);
        for depth in (0..=all_depth.max(program_depth)).rev() {
            if with_program && depth <= program_depth {
                len -= 1;
                chain[len] = program;
                program = self.shorter(program);
            }
            if depth <= all_depth {
                len -= 1;
                chain[len] = all;
                all = self.shorter(all);
            }
        }
        total
    }

    /// Probability of `token` after `state`; `vocabulary` is the number of possible tokens.
    pub fn probability(&self, state: State, token: Token, vocabulary: usize, params: &ModelParams) -> f64 {
        let mut chain = [ROOT; CHAIN];
        let len = self.chain(state, &mut chain);
        self.chain_probability(&chain[..len], token, vocabulary, params.escape)
    }

    fn chain_probability(&self, chain: &[Node], token: Token, vocabulary: usize, escape: f64) -> f64 {
        let mut p = 1.0 / vocabulary as f64;
        for &node in chain {
            let data = &self.nodes[node as usize];
            if data.total == 0 {
                continue;
            }
            let count = self.find(node, token).map_or(0, |child| self.nodes[child as usize].count);
            let escape = escape * f64::from(data.distinct);
            p = (f64::from(count) + escape * p) / (f64::from(data.total) + escape);
        }
        p
    }

    /// The likeliest followers of `state` with their probabilities, best first, until they hold `mass` of it.
    pub fn predict(
        &self,
        state: State,
        vocabulary: usize,
        mass: f64,
        max: usize,
        params: &ModelParams,
    ) -> Vec<(Token, f64)> {
        let mut chain = [ROOT; CHAIN];
        let len = self.chain(state, &mut chain);
        let p = |token| self.chain_probability(&chain[..len], token, vocabulary, params.escape);
        likeliest(self.candidates(state), mass, max, p)
    }

    /// What followed the contexts that end here, from the most exact to the vaguest. A token comes once for each of them.
    pub(crate) fn candidates(&self, state: State) -> impl Iterator<Item = Token> + '_ {
        let mut chain = [ROOT; CHAIN];
        let len = self.chain(state, &mut chain);
        (0..len).rev().map(move |place| chain[place]).flat_map(move |node| {
            let event =
                move |&(_, count, child): &(Token, u32, Node)| count > 0 && !(node == ROOT && self.depth(child) == 0);
            self.followers(node).filter(event).map(|(token, _, _)| token)
        })
    }

    /// Probability that the CPU's next event after this context is another thread's.
    pub(crate) fn leave_probability(&self, state: State, params: &ModelParams) -> f64 {
        let mut chain = [ROOT; CHAIN];
        let len = self.chain(state, &mut chain);
        let (mut p, backing) = (params.leave_prior, params.leave_backing);
        for &node in &chain[..len] {
            let data = &self.nodes[node as usize];
            p = (f64::from(data.switched) + backing * p) / (f64::from(data.followed) + backing);
        }
        p.clamp(params.leave_floor, 1.0 - params.leave_floor)
    }
}

/// The likeliest of some tokens with their probabilities, best first: of as many of them as hold `mass` together, `max`.
pub(crate) fn likeliest(
    candidates: impl Iterator<Item = Token>,
    mass: f64,
    max: usize,
    probability: impl Fn(Token) -> f64,
) -> Vec<(Token, f64)> {
    let mut found: Vec<(Token, f64)> = Vec::new();
    let mut held = 0.0;
    for token in candidates {
        if !found.iter().any(|&(known, _)| known == token) {
            let p = probability(token);
            held += p;
            found.push((token, p));
        }
        if held >= mass || found.len() >= 4 * max {
            break;
        }
    }
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    found.truncate(max);
    found
}

const CHAIN: usize = MAX_ORDER + PROGRAM_ORDER + 4;
type Chain = [Node; CHAIN];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_children_are_found_as_by_looking_at_each() {
        let mut trie = ContextTrie::default();
        let mut cursor = Cursor::unknown();
        for step in 0..4000u32 {
            // Contexts with one follower, with a few, and with a thousand.
            trie.learn(&mut cursor, 3 + (step * step) % 1009, 1);
        }
        for frozen in [false, true] {
            if frozen {
                trie.freeze();
            }
            assert!(trie.nodes[ROOT as usize].distinct > WIDE);
            for token in 0..1100 {
                let slow = trie.children(ROOT).find(|&child| trie.nodes[child as usize].token == token);
                assert_eq!(trie.find(ROOT, token), slow);
            }
        }
    }
}
