// SPDX-License-Identifier: MIT
import Postgres

/// What an `up` would do, for people and scripts.
public struct PlanReport: Equatable, Sendable, Codable {
    /// One statement.
    public struct Statement: Equatable, Sendable, Codable {
        /// Its line in the file.
        public let line: Int
        /// Its text, shortened to one line.
        public let text: String
        /// Locks on tables that are there before the step.
        public let locks: [LockForecast]
    }

    /// One step.
    public struct Step: Equatable, Sendable, Codable {
        /// `0007_add_zone`.
        public let title: String
        /// expand or contract.
        public let phase: String
        /// Whether it is one transaction: its locks are then held to its end.
        public let transactional: Bool
        /// Whether an earlier run began it.
        public let resumes: Bool
        /// Contract: the step that all live binaries must know.
        public let minimumBinary: Int32?
        /// Whether `down` could take it back.
        public let reversible: Bool
        /// In order.
        public let statements: [Statement]
    }

    /// A table that the steps touch, as big as it is now.
    public struct Table: Equatable, Sendable, Codable {
        /// Its name.
        public let name: String
        /// With its indexes.
        public let bytes: Int64
        /// As the planner last counted them.
        public let rows: Int64
    }

    /// The version now.
    public let version: Int32
    /// The version afterwards.
    public let target: Int32
    /// In order.
    public let steps: [Step]
    /// Those that are there already.
    public let tables: [Table]
}

extension Migrator {
    /// What an `up` would run, which locks it would take, and how big the tables are (C25). Changes nothing, locks nothing.
    public func plan(to target: Int32? = nil, expandOnly: Bool = false) async throws(MigrationError) -> PlanReport {
        try await withDatabase { database throws(MigrationError) in
            let history = try await database.history()
            let plan = try MigrationPlan(files: files, history: history, target: target, expandOnly: expandOnly)
            let steps = plan.steps.map(PlanReport.Step.init)
            let names = Set(steps.flatMap { $0.statements.flatMap { $0.locks.map(\.table) } }).sorted()
            let rows = try await database.run(CatalogueQueries.sizes(names), doing: "measure the tables")
            let tables = try database.read("measure the tables") { () throws(PostgresDecodingError) in
                var tables: [PlanReport.Table] = []
                for row in rows {
                    let (name, bytes, count) = try row.decode(as: String.self, Int64.self, Int64.self)
                    tables.append(PlanReport.Table(name: name, bytes: bytes, rows: count))
                }
                return tables
            }
            return PlanReport(version: history.version, target: plan.target, steps: steps, tables: tables)
        }
    }
}

extension PlanReport.Step {
    fileprivate init(_ step: MigrationPlan.Step) {
        let file = step.file
        var new: Set<String> = []
        let statements = file.statements.map { statement in
            if let table = StatementShape(statement).createdTable { new.insert(table) }
            return PlanReport.Statement(
                line: statement.line, text: statement.excerpt(),
                locks: LockForecast.locks(of: statement, new: new))
        }
        self.init(
            title: file.title, phase: file.phase.rawValue, transactional: file.transactional, resumes: step.resumes,
            minimumBinary: file.minimumBinary, reversible: file.undo != nil, statements: statements)
    }
}
