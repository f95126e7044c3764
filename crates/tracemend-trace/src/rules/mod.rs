//! What a thread's events can and cannot be.
