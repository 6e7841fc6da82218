// SPDX-License-Identifier: MIT
import CLibpq
import Glibc

/// A connection that is open, checked and in pipeline mode.
// Unchecked: handed from the connector's thread to the reactor's; only one has it at a time.
struct Established: @unchecked Sendable {
    let pg: OpaquePointer
    let isDirect: Bool
}

/// Makes one connection on a thread of its own: looking up a name blocks, and so can a TLS handshake.
struct Connector: Sendable {
    let configuration: PostgresConfiguration
    /// Readable once the engine stops: ends the wait.
    let stopDescriptor: Int32

    /// Tries once, within the configured time.
    func connect() -> Result<Established, PostgresError> {
        let deadline = monotonicNow() + configuration.connectTimeout.wholeNanoseconds
        let parameters: [(String, String)]
        do throws(PostgresError) {
            parameters = try configuration.parameters()
        } catch {
            return .failure(error)
        }
        guard let pg = start(parameters) else { return .failure(failure("out of memory")) }
        do throws(PostgresError) {
            try establish(pg, by: deadline)
            let isDirect = try check(pg, by: deadline)
            for (name, value) in configuration.settings.sorted(by: { $0.key < $1.key }) {
                _ = try ask(pg, ConnectionQueries.setting, [name, value], by: deadline) { _ in true }
            }
            guard PQsetnonblocking(pg, 1) == 0, PQenterPipelineMode(pg) == 1 else { throw failure(message(of: pg)) }
            return .success(Established(pg: pg, isDirect: isDirect))
        } catch {
            PQfinish(pg)
            return .failure(error)
        }
    }

    private func start(_ parameters: [(String, String)]) -> OpaquePointer? {
        var keywords: [UnsafePointer<CChar>?] = parameters.map { UnsafePointer(strdup($0.0)) }
        var values: [UnsafePointer<CChar>?] = parameters.map { UnsafePointer(strdup($0.1)) }
        defer {
            for text in keywords + values { free(UnsafeMutablePointer(mutating: text)) }
        }
        keywords.append(nil)
        values.append(nil)
        return PQconnectStartParams(keywords, values, 0)
    }

    private func establish(_ pg: OpaquePointer, by deadline: UInt64) throws(PostgresError) {
        var next = PGRES_POLLING_WRITING
        while true {
            guard PQstatus(pg) != CONNECTION_BAD else { throw failure(message(of: pg)) }
            switch next {
            case PGRES_POLLING_OK: return
            case PGRES_POLLING_READING: try wait(pg, POLLIN, by: deadline)
            case PGRES_POLLING_WRITING: try wait(pg, POLLOUT, by: deadline)
            default: throw failure(message(of: pg))
            }
            next = PQconnectPoll(pg)
        }
    }

    /// Whether it is the server itself that answers. Throws for a standby where a primary is required.
    private func check(_ pg: OpaquePointer, by deadline: UInt64) throws(PostgresError) -> Bool {
        let answer = try ask(pg, ConnectionQueries.check, [], by: deadline) { result in
            let isStandby = PQgetvalue(result, 0, 0).map { String(cString: $0) } == "t"
            let pid = PQgetvalue(result, 0, 1).flatMap { Int32(String(cString: $0)) }
            return (isStandby, pid)
        }
        if configuration.requirePrimary && answer.0 {
            throw failure("the server is a standby, and a primary is required")
        }
        return answer.1 == PQbackendPID(pg)
    }

    private func ask<Answer>(
        _ pg: OpaquePointer, _ text: String, _ parameters: [String], by deadline: UInt64,
        _ read: (OpaquePointer) -> Answer
    ) throws(PostgresError) -> Answer {
        let copies: [UnsafePointer<CChar>?] = parameters.map { UnsafePointer(strdup($0)) }
        defer {
            for copy in copies { free(UnsafeMutablePointer(mutating: copy)) }
        }
        guard PQsendQueryParams(pg, text, Int32(copies.count), nil, copies, nil, nil, 0) == 1 else {
            throw failure(message(of: pg))
        }
        var answer: Answer?
        while true {
            while PQisBusy(pg) == 1 {
                try wait(pg, POLLIN, by: deadline)
                guard PQconsumeInput(pg) == 1 else { throw failure(message(of: pg)) }
            }
            guard let result = PQgetResult(pg) else { break }
            defer { PQclear(result) }
            let status = PQresultStatus(result)
            guard status == PGRES_TUPLES_OK, PQntuples(result) == 1 else {
                throw PostgresError(result: result, statement: nil)
            }
            answer = read(result)
        }
        guard let answer else { throw failure(message(of: pg)) }
        return answer
    }

    private func wait(_ pg: OpaquePointer, _ events: Int32, by deadline: UInt64) throws(PostgresError) {
        var descriptors = [
            pollfd(fd: PQsocket(pg), events: Int16(events), revents: 0),
            pollfd(fd: stopDescriptor, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            let now = monotonicNow()
            guard now < deadline else { throw failure("no connection within \(configuration.connectTimeout)") }
            let count = poll(&descriptors, 2, Int32(clamping: (deadline - now) / 1_000_000 + 1))
            if descriptors[1].revents != 0 { throw PostgresError(.closed, .notDone, "the client was closed") }
            if count > 0 { return }
            if count < 0 && errno != EINTR { throw failure("poll: \(String(cString: strerror(errno)))") }
        }
    }

    private func message(of pg: OpaquePointer) -> String {
        PQerrorMessage(pg).map { String(cString: $0).trimmed } ?? "no connection"
    }

    private func failure(_ message: String) -> PostgresError { PostgresError(.connection, .notDone, message) }
}

extension PostgresConfiguration {
    /// What libpq is given: the conninfo's own settings, and ours where it has none.
    func parameters() throws(PostgresError) -> [(String, String)] {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(conninfo, &message) else {
            let text = message.map { String(cString: $0).trimmed } ?? "out of memory"
            PQfreemem(message)
            throw PostgresError(.invalidRequest, .notDone, "conninfo: \(text)")
        }
        defer { PQconninfoFree(options) }
        var parameters: [(String, String)] = []
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { parameters.append((String(cString: keyword), String(cString: value))) }
            option += 1
        }
        var ours = [
            ("client_encoding", "UTF8"), ("keepalives", "1"),
            ("keepalives_idle", "\(max(1, keepaliveIdle.wholeMilliseconds / 1_000))"),
            ("keepalives_interval", "\(max(1, keepaliveInterval.wholeMilliseconds / 1_000))"),
            ("keepalives_count", "\(keepaliveCount)"), ("tcp_user_timeout", "\(tcpUserTimeout.wholeMilliseconds)"),
        ]
        if let applicationName { ours.append(("application_name", applicationName)) }
        for (keyword, value) in ours where !parameters.contains(where: { $0.0 == keyword }) {
            parameters.append((keyword, value))
        }
        return parameters
    }
}
