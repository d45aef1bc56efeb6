"""Runs the stages of longtake on Temporal: a workflow per storyboard, one activity for every stage."""
