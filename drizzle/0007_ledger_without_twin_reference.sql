ALTER TABLE "persona_training_events" DROP CONSTRAINT "persona_training_events_twin_id_twins_id_fk";
