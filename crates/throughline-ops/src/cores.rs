//! The same work on many things, on all cores there are.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Does `work` with each of `items`, from the first on, until there is `enough`; the results are in
/// the order of the items.
pub(crate) fn each<T: Sync, R: Send>(
    items: &[T],
    enough: impl Fn() -> bool + Sync,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let some = || {
        while !enough() {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { return };
            let result = work(item);
            if let Ok(mut done) = done.lock() {
                done.push((at, result));
            }
        }
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        // This thread works too, so a single item starts none.
        for _ in 1..cores.min(items.len()) {
            scope.spawn(some);
        }
        some();
    });
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::each;

    #[test]
    fn results_are_in_order_and_enough_ends_it() {
        let items: Vec<usize> = (0..1_000).collect();
        assert_eq!(
            each(&items, || false, |item| item * 2),
            items.iter().map(|i| i * 2).collect::<Vec<_>>()
        );
        assert!(each(&[0; 0], || false, |item: &i32| *item).is_empty());
        let count = AtomicUsize::new(0);
        let enough = || count.load(Ordering::Relaxed) >= 10;
        let done = each(&items, enough, |item| {
            count.fetch_add(1, Ordering::Relaxed);
            *item
        });
        assert!(done.len() >= 10 && done.len() < items.len(), "{}", done.len());
    }
}
