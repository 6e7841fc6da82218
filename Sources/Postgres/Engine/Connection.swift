// SPDX-License-Identifier: MIT
import CLibpq
import DequeModule
import Glibc

/// One open connection in pipeline mode: sends units, matches answers to them. Belongs to the reactor's thread.
final class Connection {
    /// What the engine has to know of a step.
    enum Health {
        case fine
        /// No new units; close it when the last answer is in.
        case retiring
        /// Close it now.
        case lost(String)
    }

    let pg: OpaquePointer
    let descriptor: Int32
    /// Tells events of this connection from those of an earlier one in the same slot.
    let token: UInt64
    /// Whether nothing stands between us and the server; only then does a FATAL message prove something.
    let isDirect: Bool
    let namesAllowed: Bool
    var inflight = Deque<Unit>()
    var cache = StatementCache()
    var health = Health.fine
    /// The transaction that has it, or waits for it to fall idle.
    var hold: Hold?
    var waitsForWrite = false
    /// A unit past its deadline is unanswered: nothing new is sent until it is.
    var overdueSince: UInt64?
    /// The wait of the transaction that gets it once it is idle.
    var pendingHold: Unit?
    /// The server's last words.
    var farewell: PostgresError?
    var onNotification: ((PostgresNotification) -> Void)?
    private let buffer: ParameterBuffer

    init(_ established: Established, token: UInt64, naming: PostgresStatementNaming, buffer: ParameterBuffer) {
        pg = established.pg
        descriptor = PQsocket(established.pg)
        isDirect = established.isDirect
        self.token = token
        self.buffer = buffer
        switch naming {
        case .automatic: namesAllowed = established.isDirect
        case .named: namesAllowed = true
        case .unnamed: namesAllowed = false
        }
        PQsetNoticeReceiver(pg, receiveNotice, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit { PQfinish(pg) }

    /// Whether units of the pool may be sent.
    var isOpen: Bool {
        guard case .fine = health else { return false }
        return hold == nil && overdueSince == nil
    }

    /// Sends a unit and its Sync; the bytes may wait in libpq's buffer.
    func send(_ unit: Unit, now: UInt64) {
        unit.sentAt = now
        inflight.append(unit)
        let statements = unit.statements
        let sent: Bool
        if !namesAllowed || unit.isRetried {
            sent = statements.allSatisfy { sendUnnamed($0) }
        } else if statements.count == 1 {
            sent = execute(statements[0], as: advice(for: statements[0], in: unit))
        } else {
            // What has to be prepared goes before the unit, so all advice is taken before the first statement is sent.
            let advice = statements.map { self.advice(for: $0, in: unit) }
            sent = zip(statements, advice).allSatisfy { execute($0, as: $1) }
        }
        if !sent || PQpipelineSync(pg) != 1 { lose() }
    }

    /// How to send a statement; one that is to be prepared has been when this returns, unless the connection was lost.
    private func advice(for statement: PostgresStatement, in unit: Unit) -> PreparedStatement? {
        // Inside a transaction a failed PREPARE would end it, so only names that exist are used.
        switch cache.advice(for: statement, mayPrepare: unit.hold == nil) {
        case .unnamed: return nil
        case .use(let prepared):
            unit.usesNames = true
            return prepared
        case .prepare(let prepared):
            unit.usesNames = true
            prepare(prepared, before: unit)
            return prepared
        }
    }

    private func execute(_ statement: PostgresStatement, as prepared: PreparedStatement?) -> Bool {
        guard let prepared else { return sendUnnamed(statement) }
        buffer.load(statement.parameters)
        return PQsendQueryPrepared(
            pg, prepared.name, Int32(buffer.count), buffer.values, buffer.lengths, buffer.formats, 1) == 1
    }

    private func sendUnnamed(_ statement: PostgresStatement) -> Bool {
        buffer.load(statement.parameters)
        return statement.withCText { text in
            PQsendQueryParams(
                pg, text, Int32(buffer.count), buffer.types, buffer.values, buffer.lengths, buffer.formats, 1) == 1
        }
    }

    /// Puts a unit of our own, with a Sync of its own so that its failure is its own, before `unit`, the last in the line.
    private func prepare(_ prepared: PreparedStatement, before unit: Unit) {
        let own = Unit(.prepare(prepared), share: unit.share, deadline: unit.deadline)
        own.sentAt = unit.sentAt
        inflight.insert(own, at: inflight.count - 1)
        let sent = prepared.statement.withCText { text in
            prepared.types.withUnsafeBufferPointer { types in
                PQsendPrepare(pg, prepared.name, text, Int32(types.count), types.baseAddress) == 1
            }
        }
        if !sent || PQpipelineSync(pg) != 1 { lose() }
    }

    /// Pushes what waits in libpq's buffer; returns whether some is left.
    func flush() -> Bool {
        let status = PQflush(pg)
        if status < 0 { lose() }
        return status == 1
    }

    func lose() {
        if case .lost = health { return }
        health = .lost(farewell?.message ?? lastMessage)
    }

    /// What became of `unit`, unanswered, now that the connection is lost.
    func outcome(ofUnanswered unit: Unit) -> PostgresError {
        if let error = unit.error { return error }
        guard let farewell, farewell.severity == "FATAL", isDirect, unit.hold?.isCommitting != true,
            unit.results.count < max(unit.statements.count, 1)
        else {
            guard case .lost(let message) = health else { return PostgresError(.connection, .unknown, lastMessage) }
            return PostgresError(.connection, unit.outcomeUnanswered, message, details: farewell?.details ?? .init())
        }
        // The server's process itself said that it ends, before it had answered all of the unit: its transaction, open until
        // the Sync, was rolled back. A pooler's FATAL proves no such thing.
        return farewell.with(outcome: .notDone)
    }

    func retire() {
        if case .fine = health { health = .retiring }
    }

    var lastMessage: String {
        PQerrorMessage(pg).map { String(cString: $0).trimmed } ?? "the connection was lost"
    }
}

extension Connection {
    /// Reads what has come and finishes the units that it answers; `finished` gets each, in order.
    func receive(_ finished: (Unit) -> Void) {
        let alive = PQconsumeInput(pg) == 1
        // What came before the loss still counts: a last error among it.
        while !inflight.isEmpty, PQisBusy(pg) == 0 {
            guard let result = PQgetResult(pg) else {
                if !alive { break }
                continue
            }
            take(result, finished)
            if case .lost = health { return }
        }
        while let notification = PQnotifies(pg) {
            onNotification?(PostgresNotification(notification.pointee))
            PQfreemem(notification)
        }
        if !alive { lose() }
    }

    private func take(_ result: OpaquePointer, _ finished: (Unit) -> Void) {
        let unit = inflight[0]
        switch PQresultStatus(result) {
        case PGRES_PIPELINE_SYNC:
            PQclear(result)
            inflight.removeFirst()
            finished(unit)
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
            if unit.isResolved { PQclear(result) } else { unit.results.append(PostgresRows(result)) }
        case PGRES_PIPELINE_ABORTED:
            PQclear(result)
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
            PQclear(result)
            if unit.error == nil {
                unit.error = PostgresError(.invalidRequest, .notDone, "COPY cannot be part of a unit")
            }
            health = .lost("COPY was sent as a unit")
        default:
            let error = PostgresError(result: result, statement: statementName(of: unit))
            PQclear(result)
            if error.endsConnection {
                // It tells of the connection, not of this unit alone: what became of the unit is decided with the rest.
                farewell = error
                lose()
            } else if unit.error == nil {
                unit.error = error
            }
        }
    }

    private func statementName(of unit: Unit) -> String? {
        let statements = unit.statements
        return unit.results.count < statements.count ? statements[unit.results.count].name : nil
    }

    fileprivate func note(_ result: OpaquePointer) {
        // Other warnings share these codes; the source function's name tells them apart in any language (C8).
        guard let state = field(result, PG_DIAG_SQLSTATE), state == "01000" || state == "57P01",
            field(result, PG_DIAG_SOURCE_FUNCTION) == "SyncRepWaitForLSN"
        else { return }
        inflight.first?.isDoubtful = true
    }
}

/// libpq calls it while it reads: the notice belongs to the unit at the head of the line.
private func receiveNotice(_ argument: UnsafeMutableRawPointer?, _ result: OpaquePointer?) {
    guard let argument, let result else { return }
    Unmanaged<Connection>.fromOpaque(argument).takeUnretainedValue().note(result)
}

private func field(_ result: OpaquePointer, _ code: Int32) -> String? {
    PQresultErrorField(result, code).map { String(cString: $0) }
}

// The fields' codes are characters in libpq's header, which Swift does not import.
private let PG_DIAG_SEVERITY_NONLOCALIZED = Int32(UInt8(ascii: "V"))
private let PG_DIAG_SQLSTATE = Int32(UInt8(ascii: "C"))
private let PG_DIAG_MESSAGE_PRIMARY = Int32(UInt8(ascii: "M"))
private let PG_DIAG_MESSAGE_DETAIL = Int32(UInt8(ascii: "D"))
private let PG_DIAG_MESSAGE_HINT = Int32(UInt8(ascii: "H"))
private let PG_DIAG_STATEMENT_POSITION = Int32(UInt8(ascii: "P"))
private let PG_DIAG_CONSTRAINT_NAME = Int32(UInt8(ascii: "n"))
private let PG_DIAG_TABLE_NAME = Int32(UInt8(ascii: "t"))
private let PG_DIAG_COLUMN_NAME = Int32(UInt8(ascii: "c"))
private let PG_DIAG_SOURCE_FUNCTION = Int32(UInt8(ascii: "R"))

extension PostgresError {
    /// What the server said in `result`; the unit that it belongs to was rolled back.
    init(result: OpaquePointer, statement: String?) {
        let state = field(result, PG_DIAG_SQLSTATE)
        let details = Details(
            sqlState: state,
            severity: field(result, PG_DIAG_SEVERITY_NONLOCALIZED),
            detail: field(result, PG_DIAG_MESSAGE_DETAIL),
            hint: field(result, PG_DIAG_MESSAGE_HINT),
            constraint: field(result, PG_DIAG_CONSTRAINT_NAME),
            table: field(result, PG_DIAG_TABLE_NAME),
            column: field(result, PG_DIAG_COLUMN_NAME),
            position: field(result, PG_DIAG_STATEMENT_POSITION).flatMap { Int($0) },
            function: field(result, PG_DIAG_SOURCE_FUNCTION),
            statement: statement)
        let message = field(result, PG_DIAG_MESSAGE_PRIMARY) ?? String(cString: PQresultErrorMessage(result)).trimmed
        // libpq makes results of its own without a code when the connection broke.
        self.init(state == nil ? .connection : .server, .notDone, message, details: details)
    }
}

extension PostgresError {
    /// Whether the connection is gone with it: said by the server (FATAL, PANIC), by a pooler (08…), or by libpq itself.
    var endsConnection: Bool {
        guard let sqlState else { return true }
        return severity == "FATAL" || severity == "PANIC" || sqlState.hasPrefix("08")
    }
}

extension String {
    var trimmed: String {
        var text = self[...]
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
