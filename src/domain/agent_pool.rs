//! Agent pools: what may stand between the service and a VCS provider.

use super::error::Problems;

/// In the service's own words, one answer for an unknown pool and for one that may not be used here.
pub fn unusable(pointer: &str, problems: &mut Problems) {
    problems.at(pointer, "the provided agent pool does not exist or you are not authorized to use it");
}
