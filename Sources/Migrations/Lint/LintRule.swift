// SPDX-License-Identifier: MIT

/// What a step must not do, unless its file says why (`-- navarch:allow RULE: why`).
public enum LintRule: String, Sendable, CaseIterable {
    /// BEGIN, COMMIT and the like: the runner holds the transaction.
    case transactionControl = "transaction-control"
    /// CONCURRENTLY, VACUUM and such inside a transaction, where the server refuses them.
    case notInTransaction = "not-in-transaction"
    /// A statement of a step without a transaction that could not simply be run again after a kill.
    case notRepeatable = "not-repeatable"
    /// IF NOT EXISTS for an index: it accepts an invalid one (C23).
    case ifNotExists = "if-not-exists"
    /// An expand step takes away what an older binary may use.
    case destructiveExpand = "destructive-expand"
    /// A new column or constraint that an older binary's writes would violate.
    case breaksOldWriters = "breaks-old-writers"
    /// An index built while all writes to an existing table wait.
    case blockingIndex = "blocking-index"
    /// A constraint that is checked over a whole existing table under lock; NOT VALID and VALIDATE are two steps.
    case blockingConstraint = "blocking-constraint"
    /// A change that rewrites an existing table under lock.
    case tableRewrite = "table-rewrite"
    /// A name with its schema: the search path decides where the tables are, and drift is found by building them elsewhere.
    case schemaQualified = "schema-qualified"
    /// A contract step without `min-binary`, or an expand step with one (C24).
    case minimumBinary = "min-binary"
    /// A contract step with an undo: what it dropped is gone.
    case contractUndo = "contract-undo"

    /// Whether a file may break the rule on purpose. The others are what the engine itself stands on.
    public var mayBeAllowed: Bool {
        switch self {
        case .transactionControl, .notInTransaction, .notRepeatable, .ifNotExists, .minimumBinary, .contractUndo: false
        case .destructiveExpand, .breaksOldWriters, .blockingIndex, .blockingConstraint, .tableRewrite,
            .schemaQualified:
            true
        }
    }
}
