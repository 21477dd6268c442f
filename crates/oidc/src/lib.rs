//! Discovery and key sets of OpenID Providers.
