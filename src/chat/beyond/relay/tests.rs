//! What a bridge remembers of what came lately.

use super::*;

#[test]
fn what_came_lately_is_kept_within_a_time_and_a_bound() {
    let mut recent = Recent::default();
    let second = Duration::from_secs(1);
    recent.note(second, Arc::from([1_u8].as_slice()));
    recent.note(second * 4, Arc::from([2_u8].as_slice()));
    let bytes = |now| {
        let recent: Vec<u8> = recent.since(now).iter().map(|it| it[0]).collect();
        recent
    };
    assert_eq!(bytes(second * 9), [1, 2]);
    assert_eq!(bytes(second * 10), [2]);
    assert_eq!(bytes(second * 13), [0; 0]);
    for _ in 0..2 * RECENT_MAX {
        recent.note(second * 4, Arc::default());
    }
    assert_eq!(recent.0.len(), RECENT_MAX);
}
