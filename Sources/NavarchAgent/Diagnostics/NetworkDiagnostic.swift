// SPDX-License-Identifier: MIT
import Foundation
import NavarchModel

/// Whether, and how fast, the control plane answers.
enum NetworkDiagnostic {
    private static let slowestConnectMilliseconds = 1_000.0

    static func measure(_ context: DiagnosticContext, _ report: inout DiagnosticReport) {
        guard !context.servers.isEmpty else { return report.skipped.append("no control plane is configured") }
        for server in context.servers {
            guard let endpoint = Endpoint(server) else {
                report.failures.append("\(server) is no URL")
                continue
            }
            var times: [Double] = []
            for _ in 0..<5 {
                switch endpoint.connect() {
                case .success(let (socket, seconds)):
                    close(socket)
                    times.append(seconds * 1_000)
                case .failure(let problem): report.failures.append("\(server): \(problem.description)")
                }
                if !report.failures.isEmpty { break }
            }
            times.sort()
            guard let best = times.first, let worst = times.last else { continue }
            report.measurements.append(Measurement("connect_best \(server)", best, "ms"))
            report.measurements.append(
                Measurement("connect_worst \(server)", worst, "ms", atMost: slowestConnectMilliseconds))
            guard endpoint.isPlain else { continue }
            switch endpoint.ask() {
            case .success(let answer):
                report.measurements.append(Measurement("healthz_answer \(server)", answer.seconds * 1_000, "ms"))
            case .failure(let problem): report.failures.append("\(server): \(problem.description)")
            }
        }
    }
}

/// Whether the clock is synchronised, and how far it is from the control plane's.
enum ClockDiagnostic {
    /// A Date header has whole seconds; beyond this logs of two machines cannot be read side by side.
    private static let mostSkewSeconds = 5.0
    /// The kernel's word for a clock that nothing disciplines (TIME_ERROR of timex.h).
    private static let unsynchronised: Int32 = 5
    // Swift's module of glibc leaves it out. struct ntptimeval: two longs of time, two of errors, and room behind.
    private typealias GetTime = @convention(c) (UnsafeMutablePointer<Int>) -> Int32

    static func measure(_ context: DiagnosticContext, _ report: inout DiagnosticReport) {
        if let symbol = dlsym(nil, "ntp_gettime") {
            var answer = [Int](repeating: 0, count: 32)
            let state = unsafeBitCast(symbol, to: GetTime.self)(&answer)
            report.measurements.append(Measurement("synchronised", state == unsynchronised ? 0 : 1, "yes/no"))
            report.measurements.append(Measurement("kernel_max_error", Double(answer[2]) / 1_000, "ms"))
        } else {
            report.skipped.append("this C library has no ntp_gettime")
        }
        guard let endpoint = context.servers.lazy.compactMap({ Endpoint($0) }).first(where: \.isPlain) else {
            return report.skipped.append("skew: no control plane with a plain http URL")
        }
        switch endpoint.ask() {
        case .failure(let problem): report.skipped.append("skew: \(problem.description)")
        case .success(let answer):
            guard let date = answer.date else { return report.skipped.append("skew: the answer has no date") }
            // The header is cut to the second: on average half a second old.
            let skew = abs(Date.now.timeIntervalSince1970 - answer.seconds / 2 - date - 0.5)
            report.measurements.append(Measurement("skew_to_control_plane", skew, "s", atMost: mostSkewSeconds))
        }
    }
}

/// A server's address, and the little HTTP that diagnostics speak with plain sockets, so that they measure the network and not a client.
struct Endpoint {
    struct Problem: Error, CustomStringConvertible { let description: String }
    struct Answer {
        let seconds: Double
        /// Seconds since the epoch.
        let date: Double?
    }

    private static let patienceMilliseconds: Int32 = 5_000

    let host: String
    let port: String
    let isPlain: Bool

    /// Reads `http://host:port`, `https://host` or `host:port`.
    init?(_ url: String) {
        guard let parts = URLComponents(string: url.contains("://") ? url : "http://" + url), let host = parts.host,
            !host.isEmpty
        else { return nil }
        self.host = host.trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        isPlain = parts.scheme != "https"
        port = "\(parts.port ?? (isPlain ? 80 : 443))"
    }

    /// Connects; the socket is the caller's to close.
    func connect() -> Result<(Int32, Double), Problem> {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, port, &hints, &list)
        guard status == 0, let address = list?.pointee else {
            return .failure(Problem(description: "resolve \(host): \(String(cString: gai_strerror(status)))"))
        }
        defer { freeaddrinfo(list) }
        let descriptor = socket(
            address.ai_family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { return .failure(problem("socket")) }
        let start = ContinuousClock.now
        if Foundation.connect(descriptor, address.ai_addr, address.ai_addrlen) != 0 {
            var error: Int32 = errno
            if error == EINPROGRESS {
                var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                var size = socklen_t(MemoryLayout<Int32>.size)
                if poll(&waiting, 1, Self.patienceMilliseconds) != 1 {
                    error = ETIMEDOUT
                } else {
                    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size)
                }
            }
            guard error == 0 else {
                close(descriptor)
                return .failure(Problem(description: "connect to \(host):\(port): \(String(cString: strerror(error)))"))
            }
        }
        return .success((descriptor, (ContinuousClock.now - start).inSeconds))
    }

    /// Asks for /healthz over plain HTTP.
    func ask() -> Result<Answer, Problem> {
        switch connect() {
        case .failure(let problem): return .failure(problem)
        case .success(let (socket, _)):
            defer { close(socket) }
            let start = ContinuousClock.now
            let request = Array("GET /healthz HTTP/1.1\r\nHost: \(host):\(port)\r\nConnection: close\r\n\r\n".utf8)
            guard send(socket, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
                return .failure(problem("send"))
            }
            var waiting = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, Self.patienceMilliseconds) == 1 else {
                return .failure(Problem(description: "no answer from \(host):\(port)"))
            }
            var buffer = [UInt8](repeating: 0, count: 8_192)
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { return .failure(problem("receive")) }
            let seconds = (ContinuousClock.now - start).inSeconds
            return .success(
                Answer(seconds: seconds, date: Self.date(in: String(decoding: buffer[0..<count], as: UTF8.self))))
        }
    }

    private func problem(_ what: String) -> Problem {
        Problem(description: "\(what): \(String(cString: strerror(errno)))")
    }

    /// The Date header of an HTTP answer, as seconds since the epoch.
    static func date(in answer: String) -> Double? {
        for line in answer.split(whereSeparator: \.isNewline) where line.lowercased().hasPrefix("date:") {
            let format = DateFormatter()
            format.locale = Locale(identifier: "en_US_POSIX")
            format.timeZone = TimeZone(identifier: "GMT")
            format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
            return format.date(from: line.dropFirst(5).trimmingCharacters(in: .whitespaces))?.timeIntervalSince1970
        }
        return nil
    }
}
