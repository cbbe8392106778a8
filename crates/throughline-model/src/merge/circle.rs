//! Circles that two right graphs form together: which edges must go.

/// An edge between two numbered nodes.
pub(super) type Edge = (usize, usize);

/// The edges of `new` (the oldest first) that would close a circle with `old`, which has none, and
/// with the edges before them: each circle loses its newest edge. The answer is their numbers.
pub(super) fn closing(nodes: usize, old: &[Edge], new: &[Edge]) -> Vec<usize> {
    let in_circle = tangled(nodes, &[old, new].concat());
    let mut targets: Vec<Vec<usize>> = vec![Vec::new(); nodes];
    for (from, to) in old.iter().filter(|(from, to)| in_circle[*from] && in_circle[*to]) {
        targets[*from].push(*to);
    }
    let mut dropped = Vec::new();
    let mut seen = vec![usize::MAX; nodes];
    for (number, (from, to)) in new.iter().enumerate() {
        if !in_circle[*from] || !in_circle[*to] {
            continue;
        }
        if reaches(&targets, &mut seen, number, *to, *from) {
            dropped.push(number);
        } else {
            targets[*from].push(*to);
        }
    }
    dropped
}

/// Whether a way leads from `from` to `to`; `seen` holds the `round` in which a node was visited.
fn reaches(
    targets: &[Vec<usize>],
    seen: &mut [usize],
    round: usize,
    from: usize,
    to: usize,
) -> bool {
    let mut stack = vec![from];
    while let Some(node) = stack.pop() {
        if node == to {
            return true;
        }
        if std::mem::replace(&mut seen[node], round) != round {
            stack.extend(&targets[node]);
        }
    }
    false
}

/// The nodes that are left when those without an edge in or without one out are taken away again
/// and again: all that are in a circle, and what lies between circles.
fn tangled(nodes: usize, edges: &[Edge]) -> Vec<bool> {
    let turned: Vec<Edge> = edges.iter().map(|(from, to)| (*to, *from)).collect();
    let (reached, reaching) = (peeled(nodes, edges), peeled(nodes, &turned));
    reached.iter().zip(&reaching).map(|(a, b)| *a && *b).collect()
}

/// The nodes that are left when those into which no edge leads are taken away again and again.
fn peeled(nodes: usize, edges: &[Edge]) -> Vec<bool> {
    let (mut into, mut targets) = (vec![0_usize; nodes], vec![Vec::new(); nodes]);
    for (from, to) in edges {
        into[*to] += 1;
        targets[*from].push(*to);
    }
    let mut left = vec![true; nodes];
    let mut free: Vec<usize> = (0..nodes).filter(|node| into[*node] == 0).collect();
    while let Some(node) = free.pop() {
        left[node] = false;
        for target in &targets[node] {
            into[*target] -= 1;
            if into[*target] == 0 {
                free.push(*target);
            }
        }
    }
    left
}
