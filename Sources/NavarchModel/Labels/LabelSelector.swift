// SPDX-License-Identifier: MIT

/// Selects nodes by their labels, in the syntax of Kubernetes selectors: `a=b`, `a==b`, `a!=b`, `a in (x,y)`, `a notin (x,y)`, `a`, `!a`,
/// joined by commas, all of which must hold. `!=` and `notin` also hold where the label is absent.
public struct LabelSelector: Equatable, Sendable {
    /// One condition on one label.
    public enum Requirement: Equatable, Sendable {
        case isIn(key: String, values: [String])
        case notIn(key: String, values: [String])
        case exists(key: String)
        case absent(key: String)
    }

    /// What was wrong with a selector, and where.
    public struct SyntaxError: Error, Equatable, Sendable {
        /// In words.
        public let message: String
        /// Character offset of the offending part.
        public let offset: Int
    }

    /// All of them must hold; none selects every node.
    public let requirements: [Requirement]

    /// A selector from its parts.
    public init(requirements: [Requirement]) { self.requirements = requirements }

    /// Whether `labels` meet every requirement.
    public func matches(_ labels: [String: String]) -> Bool {
        requirements.allSatisfy { requirement in
            switch requirement {
            case .isIn(let key, let values): labels[key].map(values.contains) ?? false
            case .notIn(let key, let values): !(labels[key].map(values.contains) ?? false)
            case .exists(let key): labels[key] != nil
            case .absent(let key): labels[key] == nil
            }
        }
    }
}
