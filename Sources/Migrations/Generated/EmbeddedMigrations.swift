// SPDX-License-Identifier: MIT
// swift-format-ignore-file
// Made by .ci/embed-migrations from migrations/postgres. Do not edit: change the SQL file and run it again.

/// The numbered files, as this binary carries them.
enum EmbeddedMigrations {
    /// In order of their numbers; a test holds them against the folder.
    static let files: [(fileName: String, text: String)] = [
    ]
}
