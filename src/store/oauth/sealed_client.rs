//! What an OAuth client keeps in sealed form.

use uuid::Uuid;

use crate::domain::field::Field;
use crate::domain::id::{OAuthClientId, OAuthTokenId, OrganizationId};
use crate::domain::secret::Sealed;

/// The secrets of a new client, sealed for the ids that it will have.
pub struct SealedOAuthClient {
    pub id: OAuthClientId,
    /// The organization that the secrets are sealed for.
    pub organization: OrganizationId,
    /// Names the client in its callback URL.
    pub callback: Uuid,
    pub secret: Option<Sealed>,
    pub private_key: Option<Sealed>,
    /// The token that comes with the client, if one does.
    pub token: Option<(OAuthTokenId, Sealed)>,
}

/// The secrets of a change.
pub struct SealedOAuthClientChange {
    pub secret: Field<Sealed>,
    pub private_key: Option<Sealed>,
    pub token: Option<SealedToken>,
}

/// A token's new text, sealed for the place that it goes to. Whether there is a token by then is only known when the
/// change is written.
pub struct SealedToken {
    /// The id of the token that there was, and the text sealed for it.
    pub replaced: Option<(OAuthTokenId, Sealed)>,
    /// A new id, should there be none.
    pub new: (OAuthTokenId, Sealed),
}
