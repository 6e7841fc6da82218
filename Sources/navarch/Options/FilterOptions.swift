// SPDX-License-Identifier: MIT

import ArgumentParser
import NavarchWire

/// Which nodes.
struct NodeFilterOptions: ParsableArguments {
    @Option(
        name: [.customShort("l", allowingJoined: true), .customLong("selector")],
        help: ArgumentHelp("Labels, as in pool=a,disk!=hdd,zone in (x,y),!spot.", valueName: "labels"))
    var selector: String?

    @Option(help: "Only nodes of this provider.")
    var provider: String?

    @Option(help: "Only nodes in this region.")
    var region: String?

    @Option(help: "Only nodes in this zone.")
    var zone: String?

    @Option(help: "Only nodes with this status: active, cordoned, draining, unhealthy or terminated.")
    var status: String?

    /// The status, if one was named.
    ///
    /// - Throws: `Failure` for a word that names none.
    func nodeStatus() throws -> Navarch_V1_NodeStatus { try EnumOption.value(status, "status") }
}

/// Enumerations as options.
enum EnumOption {
    /// The value that `text` names; the zero value, which filters nothing, when there is no text.
    ///
    /// - Throws: `Failure` in the original's words.
    static func value<Value: WireEnum>(_ text: String?, _ what: String) throws -> Value {
        guard let text else { return Value() }
        guard let value: Value = Words.value(text) else {
            throw Failure(.usage, "invalid \(what): \(text)", hint: "known are \(Words.accepted(Value.self))")
        }
        return value
    }
}

/// How much of a list.
struct PageOptions: ParsableArguments {
    @Option(
        name: .customLong("page-size"), help: ArgumentHelp("Show one page of this many, 1 to 1000.", valueName: "n"))
    var pageSize: Int32?

    @Option(
        name: .customLong("page-token"), help: ArgumentHelp("Go on where an earlier page ended.", valueName: "token"))
    var pageToken: String?

    @Flag(name: .customLong("all"), help: "Show everything, however many pages that takes.")
    var all = false

    func validate() throws {
        if let pageSize, !(1...1_000).contains(pageSize) { throw ValidationError("--page-size is 1 to 1000") }
    }

    /// Reads one page, or all of them.
    ///
    /// - Parameters:
    ///   - allByDefault: Whether the whole list is wanted when nothing is said.
    ///   - page: Reads the page with a token and a size, keeps it, and returns the token of the next.
    /// - Returns: The token of the page after the last one read; empty when the list was read to its end.
    func read(
        allByDefault: Bool, _ page: (_ token: String, _ size: Int32) async throws -> String
    ) async throws -> String {
        let wantsAll = all || (allByDefault && pageSize == nil && pageToken == nil)
        let size = pageSize ?? (wantsAll ? 1_000 : 0)
        var token = pageToken ?? ""
        repeat {
            let next = try await page(token, size)
            if next == token, !next.isEmpty {
                throw Failure(.failure, "the control plane gave the same page token twice")
            }
            token = next
        } while wantsAll && !token.isEmpty
        return token
    }

    /// Tells that there is more than was shown.
    static func tellOfMore(_ token: String, _ terminal: Terminal) {
        if !token.isEmpty { terminal.note("There is more: --all, or --page-token \(token)") }
    }
}
