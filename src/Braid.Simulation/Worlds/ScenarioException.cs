using System;

namespace Braid.Simulation;

/// <summary>A scenario went otherwise than it was drawn. The message has the drawing.</summary>
/// <param name="message">What went otherwise.</param>
public sealed class ScenarioException(string message) : Exception(message);
