"""What a method is and what it returns: tasks, results, their evidence."""
