//! A map that forgets: what was not used while as many others came as it holds is gone. So its memory is bounded
//! whatever strangers send.

use std::collections::HashMap;
use std::hash::Hash;

/// The map: between one and two times as many entries as it was made for.
#[derive(Debug)]
pub(super) struct Aging<K, V> {
    most: usize,
    young: HashMap<K, V>,
    old: HashMap<K, V>,
}

impl<K: Hash + Eq, V> Aging<K, V> {
    /// For so many entries.
    pub(super) fn new(most: usize) -> Self {
        Self { most, young: HashMap::new(), old: HashMap::new() }
    }

    /// The entry, which is young again.
    pub(super) fn get(&mut self, key: K) -> Option<&mut V> {
        if !self.young.contains_key(&key) {
            let value = self.old.remove(&key)?;
            return Some(self.put(key, value));
        }
        self.young.get_mut(&key)
    }

    /// The entry, made where there is none.
    pub(super) fn entry(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        if !self.young.contains_key(&key) {
            let value = self.old.remove(&key).unwrap_or_default();
            return self.put(key, value);
        }
        self.young.entry(key).or_default()
    }

    /// Does something to every entry.
    pub(super) fn each(&mut self, change: impl FnMut(&mut V)) {
        self.young.values_mut().chain(self.old.values_mut()).for_each(change);
    }

    /// How many there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }

    fn put(&mut self, key: K, value: V) -> &mut V {
        if self.young.len() >= self.most {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.entry(key).or_insert(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_stays_and_the_rest_goes_in_bounded_memory() {
        let mut map: Aging<u32, u32> = Aging::new(100);
        *map.entry(0) = 7;
        for key in 1..100_000 {
            *map.entry(key) = key;
            assert_eq!(map.get(0), Some(&mut 7));
            assert!(map.len() <= 200, "{}", map.len());
        }
        assert_eq!(map.get(5), None);
    }
}
