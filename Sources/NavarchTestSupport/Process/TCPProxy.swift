// SPDX-License-Identifier: MIT
import Foundation
import Locks

/// A TCP proxy on 127.0.0.1 that a test makes behave badly: between a client and a server on one machine.
public final class TCPProxy: Sendable {
    /// What happens to bytes that arrive from now on, in either direction.
    public enum Mode: Sendable, Equatable {
        /// Passed on.
        case forward
        /// Read and thrown away: the connection looks alive, and is deaf and dumb.
        case swallow
        /// Only what the server sends is thrown away: requests arrive, answers do not.
        case swallowAnswers
        /// Passed on after that time.
        case delay(Duration)
        /// Passed on one byte at a time.
        case trickle
    }

    private struct State {
        var mode = Mode.forward
        var refuses = false
        var descriptors: Set<Int32> = []
        /// The other end of each.
        var peers: [Int32: Int32] = [:]
        /// What arrives from these is thrown away.
        var silenced: Set<Int32> = []
        /// Texts after which a server's answers are lost, once, and how often that happened.
        var loses: [[UInt8]] = []
        var lost = 0
        var isEnded = false
        var accepted = 0
    }

    /// The port it listens on.
    public let port: Int
    private let target: Int
    private let listener: Int32
    private let state = Mutex(State())

    /// Starts to listen, and to forward to 127.0.0.1:`target`.
    public init(to target: Int) throws {
        self.target = target
        port = try freePort()
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var on: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        _ = fcntl(listener, F_SETFD, FD_CLOEXEC)
        let descriptor = listener
        guard onLoopback(port, { bind(descriptor, $0, $1) }) == 0, listen(listener, 128) == 0 else {
            throw ChildProcessError(program: "TCPProxy", message: String(cString: strerror(errno)))
        }
        Thread.detachNewThread { [self] in acceptAll() }
    }

    /// What happens to bytes that arrive from now on.
    public var mode: Mode {
        get { state.withLock { $0.mode } }
        set { state.withLock { $0.mode = newValue } }
    }

    /// Whether new connections are closed as soon as they are made.
    public var refusesConnections: Bool {
        get { state.withLock { $0.refuses } }
        set { state.withLock { $0.refuses = newValue } }
    }

    /// Connections taken so far.
    public var accepted: Int { state.withLock { $0.accepted } }

    /// Makes the connections that stand now deaf and dumb, for ever: as a firewall does that forgot them. New ones work.
    public func silence() { state.withLock { $0.silenced = $0.descriptors } }

    /// The first connection whose client sends `texts`, one after the other, has them passed on, and hears nothing more.
    public func loseAnswers(after texts: [String]) {
        state.withLock { $0.loses = texts.map { Array($0.utf8) } }
    }

    /// How many connections lost their answers that way.
    public var answersLost: Int { state.withLock { $0.lost } }

    /// Cuts those connections that were silenced or lost their answers.
    public func cutSilenced() {
        state.withLock { state in
            for descriptor in state.silenced {
                shutdown(descriptor, Int32(SHUT_RDWR))
                if let peer = state.peers[descriptor] { shutdown(peer, Int32(SHUT_RDWR)) }
            }
        }
    }

    /// Cuts all connections that stand now, both ways.
    public func cut() {
        state.withLock { state in
            for descriptor in state.descriptors { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    /// Ends all streams one way only: each side reads an end, and may still write.
    public func halfClose() {
        state.withLock { state in
            for descriptor in state.descriptors { shutdown(descriptor, Int32(SHUT_WR)) }
        }
    }

    /// Stops listening and cuts everything.
    public func end() {
        state.withLock { $0.isEnded = true }
        shutdown(listener, Int32(SHUT_RDWR))
        cut()
    }

    private func acceptAll() {
        while true {
            let client = accept(listener, nil, nil)
            if client < 0 && errno == EINTR { continue }
            guard client >= 0 else { break }
            _ = fcntl(client, F_SETFD, FD_CLOEXEC)
            let refuses = state.withLock { state in
                state.accepted += 1
                return state.refuses || state.isEnded
            }
            let server = refuses ? nil : connectToTarget()
            guard let server else {
                close(client)
                continue
            }
            join(client, server)
        }
        close(listener)
    }

    private func connectToTarget() -> Int32? {
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        _ = fcntl(server, F_SETFD, FD_CLOEXEC)
        if onLoopback(target, { connect(server, $0, $1) }) == 0 { return server }
        close(server)
        return nil
    }

    private func join(_ client: Int32, _ server: Int32) {
        for descriptor in [client, server] {
            var on: Int32 = 1
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        }
        state.withLock {
            $0.descriptors.formUnion([client, server])
            $0.peers.merge([client: server, server: client]) { $1 }
        }
        let open = Mutex(2)
        let ended: @Sendable () -> Void = { [self] in
            // The last of the two directions closes both.
            let last = open.withLock { count in
                count -= 1
                return count == 0
            }
            guard last else { return }
            state.withLock {
                $0.descriptors.subtract([client, server])
                $0.silenced.subtract([client, server])
                $0.peers[client] = nil
                $0.peers[server] = nil
            }
            close(client)
            close(server)
        }
        Thread.detachNewThread { [self] in
            pump(from: client, to: server, answers: false)
            ended()
        }
        Thread.detachNewThread { [self] in
            pump(from: server, to: client, answers: true)
            ended()
        }
    }

    private func pump(from source: Int32, to sink: Int32, answers: Bool) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var matched = 0
        while true {
            let count = read(source, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            if !answers { noteTexts(buffer[0..<count], &matched, server: sink) }
            if isSilenced(source) { continue }
            switch mode {
            case .forward: guard send(buffer[0..<count], to: sink) else { return }
            case .swallow: continue
            case .swallowAnswers:
                if !answers { guard send(buffer[0..<count], to: sink) else { return } }
            case .delay(let duration):
                let (seconds, attoseconds) = duration.components
                // This thread serves one direction of one connection: holding it up is what was asked for.
                Thread.sleep(forTimeInterval: Double(seconds) + Double(attoseconds) / 1e18)
                guard send(buffer[0..<count], to: sink) else { return }
            case .trickle:
                for byte in buffer[0..<count] { guard send([byte], to: sink) else { return } }
            }
        }
        // While bytes are swallowed, an end is too.
        if mode != .swallow, !isSilenced(source) { shutdown(sink, Int32(SHUT_WR)) }
    }

    private func isSilenced(_ descriptor: Int32) -> Bool { state.withLock { $0.silenced.contains(descriptor) } }

    /// Counts in `matched` how many of the awaited texts this client has sent, and silences the server after the last.
    private func noteTexts(_ bytes: ArraySlice<UInt8>, _ matched: inout Int, server: Int32) {
        state.withLock { state in
            while matched < state.loses.count, bytes.contains(state.loses[matched]) { matched += 1 }
            guard !state.loses.isEmpty, matched >= state.loses.count else { return }
            state.loses = []
            state.lost += 1
            state.silenced.insert(server)
        }
    }

    private func send(_ bytes: ArraySlice<UInt8>, to sink: Int32) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.send(sink, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}

/// Calls `body` with the socket address 127.0.0.1:`port`.
func onLoopback<R>(_ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
    var address = loopback(port)
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}
