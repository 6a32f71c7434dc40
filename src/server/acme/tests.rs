//! What needs no authority: files, handshakes, words.
